"""Papers of a year: the plan, its approval sheet, what a superior hands down and gets back, the ledger.

依据: 吉 第八、二十四、二十七条, 舞 第八条.
"""

from __future__ import annotations

from engine.domain.document.catalogue.template import OPINIONS, Template

TEMPLATES = (
    Template(
        "plan",
        "“双随机、一公开”抽查计划",
        "J8 J10 W8",
        {
            "plan_name": "计划名称",
            "year": "年度",
            "quarter": "季度",
            "item_list_version": "事项清单版本",
            "arrangement": "时间安排",
            "work_requirements": "工作要求",
            "discipline": "纪律要求",
            "author": "拟稿",
            "approver": "批准",
            "approved_on": "批准日期",
        },
        {
            "tasks": {
                "name": "任务名称",
                "type": "抽查类型",
                "item": "抽查事项",
                "content": "检查内容",
                "basis": "依据",
                "scope": "对象范围",
                "authority": "检查机构",
                "base": "对象基数",
                "ratio": "比例",
                "count": "数量",
                "method": "方式",
                "level": "实施层级",
                "credit": "信用风险要求",
                "period": "起止时间",
                "frequency": "年度频次",
                "joint": "联合部门",
                "section": "责任科室",
                "note": "备注",
            },
        },
        {"tasks": "抽查任务"},
    ),
    Template(
        "approval",
        "审批表",
        "W8",
        {
            "subject": "审批事项",
            "applicant": "申请人",
            "section": "申请科室",
            "applied_on": "申请日期",
            "summary": "内容摘要",
            "reason": "理由和依据",
            "attachments": "附件",
        },
        {"opinions": OPINIONS},
        {"opinions": "审批意见"},
    ),
    Template(
        "handover",
        "检查结果移交（上报）工作报告",
        "J23 J24",
        {
            "direction": "移交或上报",
            "receiver": "主送机关",
            "superior_document": "上级文件",
            "received_on": "收到日期",
            "deadline": "规定时间",
            "situation": "工作情况",
            "recovered_fen": "追回金额",
            "peers": "已通报的同级部门",
            "conclusion": "结论和建议",
        },
        {
            "findings": {
                "finding": "问题",
                "handling": "处理情况",
                "money_fen": "涉及金额（元）",
                "state": "进度",
            }
        },
        {"findings": "逐项处理情况"},
    ),
    Template(
        "ledger",
        "“双随机、一公开”检查工作台账",
        "J27",
        {"year": "年度", "keeper": "专人"},
        {
            "rows": {
                "object": "检查对象",
                "plan": "计划",
                "draw": "抽取编号",
                "team": "检查组",
                "dates": "检查时间",
                "result": "结果",
                "disposition": "处置",
                "money_fen": "涉及金额（元）",
                "report": "报告",
                "publication": "公示",
                "followup": "后续监管",
                "archive_no": "案卷号",
            },
        },
        {"rows": "台账"},
    ),
)
