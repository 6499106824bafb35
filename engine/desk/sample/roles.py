"""Who works in a sample bureau: sections, roles, and the names of the bureau that the demo follows."""

# ruff: noqa: E501, SIM905 (tables of names read best in rows)

from __future__ import annotations

from engine.people import Role

LEAD_NAMES = (
    ("陆文静", Role.SECTION, "business"), ("顾南乔", Role.SECTION, "business"), ("纪云舒", Role.SECTION, "business2"),
    ("贺知夏", Role.SUPERVISION, "supervision"), ("阮清和", Role.SUPERVISION, "supervision"),
    ("沈其昌", Role.LEADER, "leadership"), ("温如玉", Role.LEADER, "leadership"), ("高维岳", Role.HEAD, "leadership"),
    ("罗秉正", Role.WITNESS, "discipline"), ("唐守正", Role.WITNESS, "discipline"),
    ("邵一凡", Role.REVIEWER, "business"), ("宋知微", Role.REVIEWER, "business2"), ("郑明理", Role.LEGAL, "policy"),
    ("柳含章", Role.OFFICE, "office"), ("温故安", Role.ARCHIVIST, "archive"),
    ("梁书禾", Role.MODELLER, "supervision"), ("钟审言", Role.RELEASER, "policy"), ("纪维安", Role.SYSTEM_ADMIN, "office"),
    ("卫长安", Role.SECURITY_ADMIN, "office"), ("严审之", Role.AUDIT_ADMIN, "discipline"),
    ("田家和", Role.EXPERT, "centre"), ("方行之", Role.EXPERT, "centre"),
)  # fmt: skip
"""The people of the bureau that the demo follows, named as on the example pages."""
INSPECTOR_NAMES = (
    "周砚秋 韩立群 秦若水 马明远 何亭玉 莫以宁 叶长风 卢静山 许见清 白一川 石敬亭 江予安 尹知行 孟春和 "
    "谢宛如 丁若谷 方小满 杜蘅 涂明意 易子墨"
).split()
SECTIONS = {
    "wugang": {
        "supervision": ("政策法规和基金监管股", "supervision"), "business": ("医药服务管理股", "business"),
        "business2": ("待遇保障股", "business"), "leadership": ("局领导", "leadership"), "office": ("局办公室", "office"),
        "discipline": ("派驻纪检监察组", "discipline"), "policy": ("法制审核岗", "policy"), "archive": ("档案室", "archive"),
        "centre": ("医保中心", "centre"),
    },
    "": {
        "supervision": ("基金监管处", "supervision"), "business": ("医药服务管理处", "business"),
        "business2": ("待遇保障处", "business"), "leadership": ("局领导", "leadership"), "office": ("办公室", "office"),
        "discipline": ("机关纪委（派驻纪检监察组）", "discipline"), "policy": ("政策法规处", "policy"),
        "archive": ("档案室", "archive"), "centre": ("医疗保险经办中心", "centre"),
    },
}  # fmt: skip
TAGS = ("medical", "drug", "audit", "data", "law")
SMALL_ROLES = (
    Role.SECTION,
    Role.SUPERVISION,
    Role.LEADER,
    Role.HEAD,
    Role.WITNESS,
    Role.REVIEWER,
    Role.LEGAL,
    Role.OFFICE,
    Role.ARCHIVIST,
)
ROLE_SECTION = {
    Role.SECTION: "business", Role.SUPERVISION: "supervision", Role.LEADER: "leadership", Role.HEAD: "leadership",
    Role.WITNESS: "discipline", Role.REVIEWER: "business2", Role.LEGAL: "policy", Role.OFFICE: "office",
    Role.ARCHIVIST: "archive",
}  # fmt: skip
