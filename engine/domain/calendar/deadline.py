"""Deadlines (时限).

The table `deadlines` of a pack says how many working days a step has, and by which article. A row: `key →
days, strength, clause`. Strength `hard` and `principle` carry a source; `practice` is a house habit without
one, so that every step lights up on the board. The keys:

    step.default           没有法定时限的环节
    date.given             已经写明日期的期限（当日届满）
    date.given             已经定下的日期（上级、责令改正、计划）
    plan.draft             科室拟订计划
    plan.submit            汇总提交计划
    plan.approve           审批计划
    plan.return            按退回意见修改计划
    plan.enter             计划录入平台
    plan.publish           公布计划
    plan.missing           督办逾期未成的计划
    plan.amend             按上级规定调整计划
    draw.prepare           准备抽取
    draw.commit            封签
    draw.witness           到场监督
    draw.reveal            启封
    draw.sign              签字确认抽取记录
    draw.import            导入平台抽取结果
    draw.void              决定作废
    draw.publish           公布抽取凭证
    inspection.leader      确定组长
    inspection.pledge      廉洁承诺与利害关系声明
    inspection.approve     检查审批
    inspection.notice      检查通知
    inspection.prepare     检查准备
    inspection.onsite      现场检查
    inspection.review      线上数据审核
    inspection.record      制作检查记录
    inspection.obstructed  处理检查受阻
    inspection.discuss     集体讨论
    inspection.dispose     处置决定
    inspection.legal       法制审核
    inspection.file        立案审批
    inspection.transfer    移送
    preservation.approve   审批先行登记保存
    preservation.decide    处理先行登记保存的证据
    substitution.request   申请调换
    substitution.approve   审批调换
    substitution.match     补位
    feedback.give          反馈检查意见
    correction.due         责令改正的期限
    correction.recheck     改正后复查
    report.submit          提交抽查情况报告
    report.remind          报告到期前提醒
    report.review          审查报告
    publish.review         公示前审核
    publish.release        办公室发布
    publish.result         公示抽查结果
    publish.remind-10      公示第一次提醒
    publish.remind-15      公示第二次提醒
    publish.remind-18      公示第三次提醒
    publish.breach         公示逾期，转督办
    publish.receipt        取得公示回执
    publish.penalty        公示查处结果
    publish.penalty-remind 查处结果公示提醒
    publish.correct        更正或撤回公示
    publish.supervise      督办公示
    followup.handle        后续监管
    followup.recheck       复查
    archive.collect        收集归档材料
    archive.seal           封卷归档
    archive.lend           办理案卷借阅
    archive.appraise       鉴定和销毁案卷
    lead.verify            核实线索
    lead.start             线索处置启动
    lead.assign            指派检查人员
    lead.inspect           线索检查
    registry.draft         拟订变更
    registry.review        合法性审查
    registry.approve       审定变更
    registry.publish       公示清单和名录库
    handover.accept        接收上级移交
    handover.handle        属地处理
    handover.half          上报期限过半提醒
    handover.report        向上级报告（上级未定期限时）
    handover.notify        通报同级部门
    handover.review        上级审阅工作报告

A pack's own `deadlines.dmn` replaces the table as a whole; it must keep every key of its parent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from engine import clock
from engine.domain.calendar.count import count
from engine.domain.pack.files import deadline_rows, pack_files
from engine.domain.terms import cite
from engine.errors import RuleError
from engine.operation import Step
from engine.rules import dmn
from engine.sentence import Sentence

TABLE = "deadlines"
FILE = "deadlines.dmn"
DEFAULT = "step.default"

Decide = Callable[[str, Mapping[str, Any]], Any]
"""`(decision, facts) → value`: evaluates a decision of a release, as `step.machine.decide` does."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a deadlines table, in working days."""

    key: str
    days: int
    strength: str
    clause: str


@dataclass(frozen=True, slots=True)
class Due:
    """When something is due. `at`: end of `day` in Shanghai, UTC. `why`: JSON for «为什么是这一天»."""

    day: date
    at: datetime
    provisional: bool
    why: dict[str, Any]
    clause: str
    strength: str


def keys(pack: str) -> list[str]:
    """All keys of the pack's table, in its order."""
    return list(deadline_rows(pack_files(pack)[FILE]))


def rule(pack: str, key: str, *, decide: Decide | None = None) -> Rule:
    """The row for a key; RuleError names a key the table does not have.

    Without `decide` the pack's seed table answers, for who has no case; verbs of a case use `due_by_release`.
    """
    key = key or DEFAULT
    if decide is None:
        return _seed_rule(pack, key)
    return _rule(pack, key, decide(TABLE, {"key": key}))


def due(
    session: Session,
    pack: str,
    key: str,
    start: date,
    *,
    decide: Decide | None = None,
) -> Due:
    """When a step is due that began on `start` (that day is not counted).

    With the reason of every skipped day.
    """
    row = rule(pack, key, decide=decide)
    return due_in(session, start, row.days, pack=pack, key=row.key, strength=row.strength, clause=row.clause)


def due_by_release(step: Step, key: str, start: date) -> Due:
    """As `due`, within a running case: by the deadlines table of the case's own release (沿用开办时的版本)."""
    return due(step.session, step.pack, key, start, decide=step.machine.limit)


def due_in(
    session: Session,
    start: date,
    days: int,
    *,
    pack: str = "",
    key: str = "",
    strength: str = "hard",
    clause: str = "",
) -> Due:
    """As `due`, for a number of working days that somebody set (a superior, a plan, an order to correct)."""
    counted = count(session, start, days)
    why = counted.as_json() | {
        "key": key,
        "strength": strength,
        "clause": clause,
        "cited": cite(clause, pack),
    }
    return Due(
        day=counted.day,
        at=clock.end_of(counted.day),
        provisional=counted.provisional,
        why=why,
        clause=clause,
        strength=strength,
    )


@cache
def _seed_rule(pack: str, key: str) -> Rule:
    return _rule(pack, key, _seed(pack).decide(TABLE, {"key": key}).value)


@cache
def _seed(pack: str) -> dmn.Model:
    return dmn.load(pack_files(pack)[FILE].read_bytes(), file=f"{pack}/{FILE}")


def _rule(pack: str, key: str, value: Any) -> Rule:
    if not isinstance(value, Mapping) or value.get("days") is None:
        raise RuleError(
            Sentence("时限表（{pack}）没有“{key}”。", pack=pack, key=key),
            hint=Sentence("请在 {file} 中加一行，或改用 {default}。", file=FILE, default=DEFAULT),
        )
    return Rule(key, int(value["days"]), str(value["strength"]), str(value["clause"] or ""))
