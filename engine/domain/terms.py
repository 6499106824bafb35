"""The words of the regulations: roles, lanes, reasons, results, states, and how an article is cited.

Imports nothing heavier than the standard library: forms and pages may read it too. Chinese words are those of
吉医保发〔2021〕30号 and 舞医保〔2023〕18号; identifiers are the English words of the code (see GLOSSARY).
Long because it is one table of words.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

WORKFLOWS = Path(__file__).resolve().parents[2] / "workflows"

# --- roles and lanes ------------------------------------------------------------

ROLE_LABELS: Mapping[str, str] = {
    "section": "业务科室",
    "supervision": "基金监管",
    "leader": "分管领导",
    "head": "主要负责人",
    "witness": "见证监督",
    "inspector": "执法检查人员",
    "reviewer": "结果审核",
    "legal": "法制审核",
    "office": "办公室",
    "archivist": "档案专人",
    "expert": "检查专家",
    "modeller": "流程管理员",
    "releaser": "流程发布复核",
    "system_admin": "系统管理员",
    "security_admin": "安全管理员",
    "audit_admin": "审计管理员",
}

TEAM = "检查组"
TEAM_LEADER = "检查组组长"
LOCAL_BUREAU = "所在地医保局"
SUPERIOR_BUREAU = "上级医保局"
SYSTEM = "系统"

LANES: Mapping[str, str] = {
    "业务科室": "section",
    "基金监管": "supervision",
    "分管领导": "leader",
    "主要负责人": "head",
    "见证监督": "witness",
    "结果审核": "reviewer",
    "法制审核": "legal",
    "办公室": "office",
    "档案专人": "archivist",
    TEAM: "inspector",
    TEAM_LEADER: "inspector",
    LOCAL_BUREAU: "supervision",
    SUPERIOR_BUREAU: "supervision",
    SYSTEM: "",
}
"""Lane label in a diagram → role who works in it ("" for the system). Team lanes go to persons."""

SECTION_KINDS: Mapping[str, str] = {
    "business": "业务科室",
    "supervision": "基金监管",
    "discipline": "纪检监察",
    "policy": "政策法规",
    "office": "局办公室",
    "archive": "档案",
    "leadership": "局领导",
    "centre": "医保中心",
}


def role_label(role: str, aliases: Mapping[str, str] | None = None) -> str:
    """What people call a role; a pack may have its own name for it (`Pack.role_aliases`)."""
    return (aliases or {}).get(str(role)) or ROLE_LABELS.get(str(role), str(role))


# --- citing articles ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Regulation:
    """A document whose articles are cited by letter and number: `J11`, `W9`."""

    letter: str
    number: str
    short: str
    title: str
    pack: str
    articles: int


REGULATIONS: Mapping[str, Regulation] = {
    "J": Regulation(
        "J",
        "吉医保发〔2021〕30号",
        "吉",
        "吉林省医疗保障基金监管事项“双随机、一公开”抽查检查工作实施细则",
        "jilin",
        30,
    ),
    "W": Regulation(
        "W",
        "舞医保〔2023〕18号",
        "舞",
        "舞钢市医疗保障局“双随机、一公开”抽查工作实施细则（试行）",
        "wugang",
        18,
    ),
}

_ARTICLE = re.compile(r"([A-Z])([1-9][0-9]?)\Z")
_DIGITS = "〇一二三四五六七八九十"


def chinese_number(number: int) -> str:
    """1–99 as an article number is written: 8 → 八, 20 → 二十, 23 → 二十三."""
    if not 1 <= number <= 99:  # noqa: PLR2004 (no regulation here has a hundred articles)
        raise ValueError(number)
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else _DIGITS[tens] + "十")
    return head + (_DIGITS[ones] if ones else "")


@cache
def lineage(pack: str) -> tuple[str, ...]:
    """The pack and its parents, nearest first: `jilin` → (jilin, national). An unknown pack stands alone."""
    names: list[str] = []
    name = pack
    while name and name not in names:
        names.append(name)
        path = WORKFLOWS / name / "pack.toml"
        name = tomllib.loads(path.read_text("utf-8")).get("inherits", "") if path.is_file() else ""
    return tuple(names)


def split_refs(refs: str | Iterable[str]) -> list[str]:
    """Article references one by one, in order, each once."""
    parts = refs.split() if isinstance(refs, str) else [part for ref in refs for part in ref.split()]
    return list(dict.fromkeys(parts))


def known_ref(ref: str) -> bool:
    """Whether a reference points at an article that exists, or names a national act."""
    match = _ARTICLE.match(ref)
    if match:
        regulation = REGULATIONS.get(match[1])
        return regulation is not None and int(match[2]) <= regulation.articles
    return bool(ref) and not ref.isascii()


def cite(refs: str | Iterable[str], pack: str = "", *, short: bool = False) -> str:
    """The words for `J11 W9` as a user of that pack reads them.

    Only articles of the pack's own lineage appear (Jilin's rules bind nobody in Henan), national acts always;
    without a pack everything is cited; "" if none applies. `short` gives «吉 第十一条», a mark beside a step.
    """
    names = lineage(pack) if pack else ()
    grouped: dict[str, list[str]] = {}
    for ref in split_refs(refs):
        match = _ARTICLE.match(ref)
        regulation = REGULATIONS.get(match[1]) if match else None
        if match is None or regulation is None:
            grouped.setdefault(ref if ref.startswith(("《", "国")) else f"《{ref}》", [])
        elif not names or regulation.pack in names:
            head = f"{regulation.short} " if short else regulation.number
            grouped.setdefault(head, []).append(f"第{chinese_number(int(match[2]))}条")
    return "；".join(head + "、".join(articles) for head, articles in grouped.items())


# --- reasons, results, states ------------------------------------------------------------

SUBSTITUTION_REASONS: Mapping[str, str] = {
    "post_change": "岗位调整",
    "work_clash": "工作冲突",
    "health": "健康状况",
    "recusal": "执法回避",
    "other": "其他",
}
"""依据: 吉 第十三条 (an open list: “等原因” is `other` with words)."""

OBJECT_EXCLUSIONS: Mapping[str, str] = {
    "cap": "本年度抽查次数已达上限",
    "done-superior": "上级本年度已抽查",
    "closed": "已停业、注销或终止协议",
    "suspended": "协议暂停",
}
PERSON_EXCLUSIONS: Mapping[str, str] = {
    "no-cert": "执法证件无效或已到期",
    "unavailable": "本期不能参加",
    "relative": "与另一名候选人员有亲属关系，本次不同时参加",
}
EXCLUSIONS: Mapping[str, str] = {**OBJECT_EXCLUSIONS, **PERSON_EXCLUSIONS}
"""Codes of the draw document → words. "" means: may be drawn."""

SLOT_NEEDS: Mapping[str, str] = {"lead": "可任组长", "cert": "持证", "spec": "专业", "any": "不限"}
"""What a place in a drawn team asks for."""

ROUNDINGS: Mapping[str, str] = {"up": "向上取整", "down": "向下取整", "half-up": "四舍五入"}
"""How a quota becomes a whole number."""

RELATIONS: Mapping[str, str] = {
    "relative": "近亲属在该单位任职",
    "spouse": "配偶在该单位任职",
    "employer": "三年内曾在该单位任职",
    "chain": "与同一连锁集团的单位有利害关系",
    "shareholding": "持有股份或有投资",
    "address": "住所与该单位地址相同",
    "requested": "当事人申请回避",
    "other": "其他利害关系",
}
"""Kinds of 利害关系 (吉 第十三条)."""

RESULTS: Mapping[str, str] = {
    "none": "未发现问题",
    "corrected": "发现问题已责令改正",
    "pending": "发现问题待后续处理",
    "no_activity": "未发现开展本次抽查涉及的经营活动",
    "uncooperative": "不配合检查情节严重",
    "unreachable": "无法联系",
    "closed": "已关闭停业、终止协议",
}
"""Published result per item; `none` excludes all others."""

RESULT_CODES: Mapping[str, str] = {
    "none": "1",
    "corrected": "E",
    "pending": "A",
    "no_activity": "F",
    "uncooperative": "8",
    "unreachable": "6",
    "closed": "7",
}
"""The same values in the code list of a provincial platform."""

METHODS: Mapping[str, str] = {
    "onsite": "现场检查",
    "online": "线上数据审核",
    "visit": "走访调查",
    "written": "书面检查",
    "reuse": "利用其他部门检查结果或专业意见",
    "monitoring": "网络监测",
    "agency": "委托专业机构辅助",
}

REPEAT_REASONS: Mapping[str, str] = {
    "complaints": "被投诉举报较多",
    "violations": "有严重违法违规记录",
    "credit": "失信等级高",
    "unresolved": "上次发现的问题未整改到位",
    "superior_order": "上级要求复查",
    "other": "其他正当理由",
}
"""Coded 正当理由 for a repeated inspection (吉 第十一条 names none, 舞 第九条 the first three)."""

VOID_REASONS: Mapping[str, str] = {
    "reveal-missing": "有一方未启封",
    "commitment": "启封内容与封签不符",
    "roster-error": "名单有误",
    "infeasible": "人员无法排定",
    "ordered": "责令作废",
}

PUBLIC_PLACES: Mapping[str, str] = {
    "website": "本局门户网站",
    "government": "政府网站",
    "platform": "监管平台",
}
"""Where plans, item lists and registries are made public (舞 第四条、第五条)."""

OBJECT_TYPES: Mapping[str, str] = {
    "institution": "定点医药机构",
    "person": "参保人员",
    "employer": "用人单位",
}

OBJECT_KINDS: Mapping[str, str] = {
    "village_clinic": "村卫生室",
    "pharmacy": "零售药店",
    "clinic": "诊所、门诊部",
    "station": "社区卫生服务站",
    "township": "卫生院、社区卫生服务中心",
    "hospital1": "一级及民营医院",
    "hospital2": "二级医院",
    "hospital3": "三级医院",
    "other_institution": "其他定点机构",
    "person": "参保人员",
    "employer": "用人单位",
}

AGREEMENT_STATES: Mapping[str, str] = {
    "active": "履行中",
    "suspended": "暂停",
    "terminated": "终止",
    "none": "无协议",
}

INSPECTOR_STATES: Mapping[str, str] = {
    "active": "在岗",
    "leave": "休假",
    "transferred": "调离",
    "suspended": "暂停执法",
    "retired": "退休",
}

CERTIFICATE_STATES: Mapping[str, str] = {"valid": "有效", "suspended": "暂扣", "revoked": "注销"}

SPECIALTIES: Mapping[str, str] = {
    "medical": "医疗",
    "drug": "药品",
    "audit": "财务审计",
    "data": "信息",
    "law": "法律",
}

CREDIT_LEVELS: tuple[str, ...] = ("A", "B", "C", "D")

STRENGTHS: Mapping[str, str] = {"hard": "必须", "principle": "原则上"}

REGISTRY_KINDS: Mapping[str, str] = {
    "objects": "检查对象名录库",
    "inspectors": "执法检查人员名录库",
    "items": "随机抽查事项清单",
    "conflicts": "利害关系登记",
}

STATES: Mapping[str, str] = {
    "draft": "草拟",
    "drafting": "草拟中",
    "submitted": "待审批",
    "review": "审核中",
    "returned": "退回修改",
    "approved": "已批准",
    "rejected": "不同意",
    "published": "已公布",
    "amended": "已调整",
    "superseded": "已被新版本代替",
    "withdrawn": "已撤回",
    "corrected": "已更正",
    "open": "在办",
    "active": "生效",
    "running": "在办",
    "waiting": "等待",
    "locked": "已锁定",
    "prepared": "准备中",
    "frozen": "名单封存",
    "placed": "已抽取",
    "abandoned": "未进行",
    "committed": "已封签",
    "revealed": "已启封",
    "drawn": "已抽取",
    "failed": "未能排定",
    "void": "作废",
    "ready": "待开展",
    "preparing": "准备中",
    "notified": "已通知",
    "onsite": "现场检查中",
    "recorded": "已记录",
    "discussed": "已讨论",
    "fed_back": "已反馈",
    "reported": "已报告",
    "disposed": "已处置",
    "followup": "后续监管中",
    "postponed": "延期",
    "cancelled": "已取消",
    "done": "已办结",
    "completed": "已办结",
    "closed": "已结束",
    "archived": "已归档",
    "sealed": "已封存",
    "overdue": "超期",
    "suspended": "暂停",
    "queued": "待发送",
    "sent": "已发送",
    "received": "已收到回执",
    "error": "出错",
}
"""States as people read them; unknown words come back as they are."""


def state_label(state: str) -> str:
    """A state in words."""
    return STATES.get(state, state)


# --- the glossary ------------------------------------------------------------

GLOSSARY: Mapping[str, str] = {
    "计划": "plan",
    "随机抽取": "draw",
    "检查": "inspection",
    "调换": "substitution",
    "反馈": "feedback",
    "结果处理": "disposition",
    "抽查情况报告": "report",
    "公示": "publication",
    "归档": "archive",
    "线索": "lead",
    "名录库": "registry",
    "移交、上报": "handover",
    "后续监管": "followup",
    "检查对象": "object",
    "执法检查人员": "inspector",
    "随机抽查事项清单": "item list",
    "回避": "recusal",
    "利害关系": "conflict",
    "检查组": "team",
    "组长": "team leader",
    "见证监督": "witness",
    "持证": "licensed",
    "先行登记保存": "preservation",
    "时限": "deadline",
    "工作日": "working day",
    "原则上": "principle",
    "规则包": "pack",
    "黑名单": "blacklist",
    "封签": "commitment",
    "启封": "reveal",
    "号票": "ticket",
    "候补": "reserve",
}


def english(word: str) -> str:
    """The English word of the code for a Chinese term; the term itself where there is none."""
    return GLOSSARY.get(word, word)


def chinese(word: str) -> str:
    """The Chinese term for an English word of the code; the word itself where there is none."""
    return next((zh for zh, en in GLOSSARY.items() if en == word), word)
