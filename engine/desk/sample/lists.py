"""Item lists made from published ones, marked 样本.

The lists of both regulations are not attached to their texts.
"""

# ruff: noqa: E501 (tables of words)

from __future__ import annotations

from typing import Any

SAMPLE = "样本"
_LAW = "《医疗保障基金使用监督管理条例》"


def _item(no: int, name: str, content: str, **more: str) -> dict[str, Any]:
    return {
        "no": str(no),
        "name": name,
        "basis": _LAW,
        "subject": "医疗保障行政部门",
        "method": "现场检查",
        "frequency": "1次/年",
        "staff_requirement": "不少于2名持证执法人员",
        "content": content,
        "note": SAMPLE,
    } | more


USE = "是否重复收费、超标准收费、分解项目收费；是否串换药品、医用耗材、诊疗项目；是否将不属于基金支付范围的费用纳入结算"

JILIN = (
    _item(1, "定点医药机构医疗保障基金使用情况检查", USE, object_kind="定点医药机构", ratio="不低于5%"),
    _item(
        2,
        "定点医疗机构检查",
        "是否分解住院、挂床住院；是否过度诊疗、过度检查；病历与费用清单是否一致",
        object_kind="定点医疗机构",
    ),
    _item(
        3,
        "定点零售药店检查",
        "是否为非定点机构代为结算；处方药销售与处方是否一致；进销存是否账实相符",
        object_kind="零售药店",
    ),
    _item(
        4,
        "对签订服务协议的医疗机构、零售药店的监督管理",
        "服务协议履行情况；医保管理制度和信息系统运行情况",
        object_kind="定点医药机构",
    ),
    _item(
        5,
        "骗取待遇的管理",
        "是否伪造、变造医学文书和票据；是否诱导、协助他人冒名或虚假就医",
        object_kind="定点医药机构",
    ),
    _item(
        6,
        "药品和医用耗材集中采购执行情况检查",
        "中选产品采购和使用；是否线下采购；货款结算",
        object_kind="公立医疗机构",
    ),
)

WUGANG = (
    _item(
        1, "定点医药机构医疗保障基金使用情况检查", USE, object_kind="定点医药机构", ratio="不低于10%", frequency="原则上不超过2次/年",
        power_item="舞医保-行检-01",
    ),
    _item(2, "定点医疗机构检查", "是否分解住院、挂床住院；是否过度诊疗；病历与费用清单是否一致", object_kind="定点医疗机构", power_item="舞医保-行检-02"),
    _item(3, "定点零售药店检查", "是否串换药品；处方与销售是否一致；进销存是否账实相符", object_kind="零售药店", power_item="舞医保-行检-03"),
    _item(
        4, "参保人员享受医疗保障待遇情况检查", "是否将医保凭证交由他人冒名使用；是否重复享受待遇；是否转卖药品", object_kind="参保人员",
        method="线上数据审核", ratio="2%", power_item="舞医保-行检-04",
    ),
    _item(
        5, "用人单位参加职工医疗保险情况检查", "是否按规定登记、申报、缴费；申报基数是否真实", object_kind="用人单位",
        method="线上数据审核", ratio="5%", power_item="舞医保-行检-05",
    ),
)  # fmt: skip

LISTS = {"jilin": JILIN, "wugang": WUGANG, "national": JILIN}
APPROVED = {
    "jilin": ("吉林省医疗保障局", "样本〔2026〕1号"),
    "wugang": ("舞钢市人民政府", "样本〔2026〕1号"),
    "national": ("本级医疗保障局", "样本〔2026〕1号"),
}
