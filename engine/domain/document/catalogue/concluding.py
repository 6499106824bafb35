"""Papers after a visit: order to correct, letter of transfer, report, publication, file.

依据: 吉 第二十五、二十七条, 舞 第二、十三至十五条.
"""

from __future__ import annotations

from engine.domain.document.catalogue.template import Template

TEMPLATES = (
    Template(
        "correction",
        "责令改正通知书",
        "W13",
        {
            "object_name": "当事人",
            "object_code": "信用代码或机构编码",
            "facts": "事实",
            "basis": "依据",
            "demand": "改正要求",
            "deadline": "改正期限",
            "remedies": "救济途径",
            "recheck": "复查结果",
            "rechecked_on": "复查日期",
            "receiver": "收件人签名",
        },
    ),
    Template(
        "transfer",
        "案件移送书",
        "W13",
        {
            "agency": "受移送机关",
            "object_name": "当事人",
            "object_code": "信用代码或机构编码",
            "facts": "案情",
            "basis": "移送依据",
            "contact": "联系人",
            "contact_phone": "联系电话",
            "reply": "回执内容",
            "reply_on": "回执日期",
        },
        {"evidence": {"title": "材料名称", "pages": "页数", "note": "备注"}},
        {"evidence": "移送材料清单"},
    ),
    Template(
        "report",
        "随机抽查情况报告",
        "W14",
        {
            "task_name": "任务名称",
            "object_name": "检查对象",
            "starts_on": "检查开始日期",
            "ends_on": "检查结束日期",
            "content": "检查内容",
            "situation": "检查情况",
            "opinion": "处理意见",
            "advice": "工作建议",
            "due_on": "应提交日期",
            "submitted_on": "提交日期",
            "overdue_note": "逾期说明",
            "authors": "检查组",
        },
        {"attachments": {"title": "材料名称"}},
        {"attachments": "附件目录"},
    ),
    Template(
        "publication",
        "抽查结果公示表",
        "J25 W15 W2",
        {
            "plan_no": "抽查计划编号",
            "plan_name": "抽查计划名称",
            "task_no": "抽查任务编号",
            "task_name": "抽查任务名称",
            "type": "抽查类型",
            "authority": "抽查机关",
            "completed_on": "抽查完成日期",
            "object_name": "抽查对象",
            "object_code": "信用代码或机构编码",
            "penalty": "查处结果",
            "channels": "公示渠道",
            "version": "版本",
            "correction": "更正记录",
        },
        {"results": {"item": "抽查事项", "result": "抽查结果", "note": "备注"}},
        {"results": "抽查结果"},
    ),
    Template(
        "archive",
        "卷宗",
        "J27",
        {
            "archive_no": "案卷号",
            "case_title": "题名",
            "starts_on": "起始日期",
            "ends_on": "终止日期",
            "pages": "页数",
            "secrecy": "密级",
            "retention": "保管期限",
            "archivist": "立卷人",
            "checked_by": "检查人",
            "note": "备考说明",
            "digest": "电子卷宗校验值",
        },
        {
            "entries": {
                "document_no": "文号",
                "author": "责任者",
                "title": "题名",
                "date": "日期",
                "page": "页号",
            },
        },
        {"entries": "卷内目录"},
    ),
)
