"""`casework user add|grant|list|reset-2fa|hand-over`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import click
import orjson
from sqlalchemy import select

from engine import access, audit, clock
from engine.desk.bureau import find
from engine.domain.terms import role_label
from engine.errors import Refused
from engine.people import Grant, Person, Role, person_by_login
from engine.sentence import Sentence
from web.cli_calendar import Day
from web.cli_open import open_database, open_installation, settings
from web.cli_words import say


@click.group()
def user() -> None:
    """人员与岗位。"""


@user.command()
@click.argument("login")
@click.argument("name")
@click.option("--bureau", "division", required=True, help="机构的行政区划代码")
@click.option("--staff-no", required=True, help="单位工号")
@click.option(
    "--password",
    prompt="密码",
    hide_input=True,
    confirmation_prompt="再输一遍",
    help="登录密码（不写则询问）",
)
def add(login: str, name: str, division: str, staff_no: str, password: str) -> None:
    """新增一个账号。"""
    with open_database().transaction() as session:
        bureau = find(session, division)
        if (
            session.scalar(select(Person.id).where((Person.login == login) | (Person.staff_no == staff_no)))
            is not None
        ):
            raise Refused(
                Sentence("账号 {login} 或工号 {staff_no} 已经存在。", login=login, staff_no=staff_no),
                hint="请换一个，或用 user list 查看。",
            )
        person = Person(bureau_id=bureau.id, login=login, name=name, staff_no=staff_no)
        access.set_password(person, password)
        session.add(person)
        session.flush()
        audit.record(
            session,
            action="user.add",
            subject=f"person/{person.id}",
            bureau_id=bureau.id,
            after={"login": login, "name": name},
        )
    click.echo(say("已新增 {0}（{1}，{2}）。", name, login, bureau.name))


@user.command()
@click.argument("login")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--from", "start", type=Day(), default=None, help="任职起日，默认今天")
@click.option("--to", "end", type=Day(), default="9999-12-31", help="任职止日")
def grant(login: str, role: str, start: date | None, end: date) -> None:
    """授予一个岗位。"""
    with open_database().transaction() as session:
        person = person_by_login(session, login)
        first = start or clock.today()
        if end < first:
            raise Refused(say("任职止日 {0} 早于起日 {1}。", end, first), hint=say("请核对 --from 和 --to。"))
        from engine.desk.people import refuse_beside  # noqa: PLC0415 (the desk takes a second to load)

        refuse_beside(person, person.bureau_id, Role(role), first, end)
        session.add(
            Grant(
                person_id=person.id,
                bureau_id=person.bureau_id,
                role=Role(role),
                valid_from=first,
                valid_to=end,
            )
        )
        audit.record(
            session,
            action="user.grant",
            subject=f"person/{person.id}",
            bureau_id=person.bureau_id,
            after={"role": role, "from": first.isoformat(), "to": end.isoformat()},
        )
    click.echo(say("{0} 自 {1} 起任{2}。", person.name, first, role_label(role)))


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档")
def list_(as_json: bool) -> None:
    """列出人员和今天的岗位。"""
    with open_database().reading() as session:
        people = session.scalars(select(Person).order_by(Person.bureau_id, Person.staff_no)).unique().all()
        rows = [
            {
                "login": person.login,
                "name": person.name,
                "staff_no": person.staff_no,
                "bureau": person.bureau.name,
                "roles": sorted(role.value for role in person.roles()),
                "active": person.active,
            }
            for person in people
        ]
    if as_json:
        click.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    if not rows:
        click.echo(say("还没有人员。用 casework user add 新增，或用 casework db seed 装入演示机构。"))
    for row in rows:
        posts = "、".join(role_label(role) for role in row["roles"]) or say("无岗位")
        click.echo(
            f"{row['login']:<16}{row['name']}　{row['bureau']}　{posts}"
            f"{'' if row['active'] else say('　（停用）')}"
        )


@user.command("reset-2fa")
@click.argument("login")
def reset_2fa(login: str) -> None:
    """清除第二因子，本人下次登录时重新登记；全部会话同时失效。"""
    with open_database().transaction() as session:
        person = person_by_login(session, login)
        person.totp_secret = ""
        access.revoke_all(session, person)
        audit.record(
            session, action="user.reset-2fa", subject=f"person/{person.id}", bureau_id=person.bureau_id
        )
    click.echo(say("已清除 {0} 的第二因子。", person.name))


@user.command("hand-over")
@click.argument("login")
@click.option("--by", required=True, help="移交人的账号（分管领导或主要负责人）")
@click.option("--to", default="", help="接办人的账号；不写则待办放回待接收，临时任务和共享视图不动")
@click.option("--reason", required=True, help="移交理由")
@click.option("--dry-run", is_flag=True, help="只列出待办和可以接办的人，不移交")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档")
def hand_over(login: str, by: str, to: str, reason: str, *, dry_run: bool, as_json: bool) -> None:
    """移交离岗人员的全部待办，逐件办理、逐件答复。"""
    from engine.desk import leaver  # noqa: PLC0415 (the machine takes a second to load)

    settings()  # sets the clock
    world = open_installation()
    with world.database.reading() as session:
        gone, actor = person_by_login(session, login), person_by_login(session, by)
        receiver = person_by_login(session, to).id if to else leaver.BACK
        _, rows = leaver.preview(session, actor, gone.id)
        listed = [
            {
                "key": row.key,
                "step": row.title,
                "name": row.name,
                "receivers": [each.login for each in row.receivers],
                "back": row.back,
                "why_not": row.why_not,
                "kind": row.kind,
            }
            for row in rows
        ]
    if dry_run:
        _tell(listed, as_json=as_json)
        return
    moves = [row for row in listed if to or row["kind"] == "step"]  # without a receiver nothing is ended
    wanted = {str(row["key"]): receiver for row in moves}
    done = leaver.hand_over(world, actor.id, gone.id, wanted, reason=reason)
    _tell([asdict(each) for each in done], as_json=as_json)
    if not all(each.ok for each in done):
        raise SystemExit(1)


def _tell(rows: list[dict[str, object]], *, as_json: bool) -> None:
    if as_json:
        click.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    if not rows:
        click.echo(say("没有要移交的待办。"))
    for row in rows:
        receivers = row.get("receivers")
        named = "、".join(receivers) if isinstance(receivers, list) else ""
        click.echo(f"{row['step']}　{row['name']}　{row.get('words') or row.get('why_not') or named}")
