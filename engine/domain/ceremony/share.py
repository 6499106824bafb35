"""封签和启封: who makes the secrets, what is handed over before the roster is sealed, what opens it later.

`own-device` (各方自备封签): a party hands over its commitment only; its secret enters this system at the
reveal, checked at once against the commitment that stands in D. `typed` (未经承诺见证): operator and witness
type their secrets into our page. A third party, where there is one, always keeps its own.
依据: J12, W3; protocol SR1 2.3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.domain import answers as ask
from engine.domain.ceremony.tables import Draw
from engine.domain.draw import commitment
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Rules, Step
from engine.sentence import Sentence

OWN, TYPED = "own-device", "typed"
SHARES = {OWN: "在本人设备上生成，只交封签", TYPED: "在本页填写（未经承诺见证）"}
PARTIES = {"bureau": "抽取人", "witness": "见证人", "third": "第三方"}
HEX = re.compile(r"[0-9a-f]{64}")
BLANKS = re.compile(r"\s+")


def way_of(draw: Draw, rules: Rules) -> str:
    """own-device · typed: as was set for this draw, else as the pack has it (`draw.shares`, a principle)."""
    return str(draw.settings.get("way") or rules["draw.shares"].value)


def departs(draw: Draw, rules: Rules) -> bool:
    """Whether this draw departs from the pack's way, which needs a reason and the leader's approval."""
    return way_of(draw, rules) != str(rules["draw.shares"].value)


def chosen_way(step: Step, draw: Draw) -> tuple[str, str]:
    """(way, reason) asked for on the form; typing against the pack needs a reason (slug `reason-needed`)."""
    usual = str(step.rules["draw.shares"].value)
    way = ask.text(step.answers, "shares") or usual
    reason = ask.text(step.answers, "typed_reason").strip()
    if way not in SHARES or draw.mode == "import":
        way = usual
    if way != usual and not reason:
        raise Refused(
            "原则上各方在本人设备上生成密值，只交封签；改为在本页填写的，须写明理由。",
            clause=step.rules.cite(step.rules["draw.shares"].source),
            hint="请写明理由，由分管领导批准；抽取记录会注明“未经承诺见证”。",
            slug="reason-needed",
            fields={"typed_reason": "请写明理由"},
        )
    return way, reason


def was_own(draw: Draw) -> bool:
    """Whether the parties of this draw brought their own commitments."""
    return draw.settings.get("shares") == OWN


def hexadecimal(answers: Mapping[str, Any], key: str, label: str, slug: str) -> str:
    """64 lower-case hex digits from an answer, blanks left out; refuses anything else under this slug."""
    value = BLANKS.sub("", ask.text(answers, key))
    if not HEX.fullmatch(value):
        raise Refused(
            Sentence("{label}应为 64 位小写十六进制。", label=label),
            hint="可用 share.html 或者骰子在本人设备上生成。",
            slug=slug,
            fields={key: "应为 64 位小写十六进制"},
        )
    return value


def handed_over(step: Step, draw: Draw, party: str, name: str) -> tuple[str, str]:
    """(secret, commitment) of a party: the secret is "" where the party keeps it.

    Refuses what is no hash (slugs `commitment-format`, `secret-format`).
    """
    if way_of(draw, step.rules) == OWN:
        key = f"commit_{name}"
        return "", hexadecimal(
            step.answers, key, Sentence("{party}封签", party=PARTIES[party]), "commitment-format"
        )
    secret = hexadecimal(
        step.answers, f"secret_{name}", Sentence("{party}密值", party=PARTIES[party]), "secret-format"
    )
    return secret, commitment(draw.id, party, secret, draw.hash)


def third_commit(step: Step, draw: Draw) -> str:
    """The third party's commitment, exactly when the draw has a third party (slug `third-party`).

    What came by the third party's own link stands; the witness writes nothing else beside it.
    """
    known = str(draw.settings.get("third_commit") or "")
    given = ask.text(step.answers, "commit_third") or known
    if known and BLANKS.sub("", given) != known:
        said = "第三方已凭链接交出封签，与此处所填不同。"
        raise Refused(said, clause=cite("J12", step.pack), slug="third-party", fields={"commit_third": said})
    if bool(given) != bool(draw.settings.get("third")):
        said = "本次抽取设有第三方，请填写第三方封签。" if not given else "本次抽取没有设第三方。"
        raise Refused(said, clause=cite("J12", step.pack), slug="third-party", fields={"commit_third": said})
    answers = {"commit_third": given}
    return hexadecimal(answers, "commit_third", "第三方封签", "commitment-format") if given else ""


def parties_of(draw: Draw) -> list[dict[str, str]]:
    """`[{name, commit}]` in the order of D: bureau, witness, third."""
    found = [
        {"name": "bureau", "commit": draw.operator_commit},
        {"name": "witness", "commit": draw.witness_commit},
    ]
    third = str(draw.settings.get("third_commit") or "")
    return [*found, {"name": "third", "commit": third}] if third else found


def opened(answers: Mapping[str, Any], draw: Draw, party: str, name: str, pack: str) -> str:
    """A secret typed at the reveal; it must open the commitment in D (slug `commitment`).

    The refused secret is kept nowhere: answers that begin with `secret_` reach no stored row.
    """
    key, label = f"secret_{name}", PARTIES[party]
    secret = hexadecimal(answers, key, Sentence("{party}密值", party=label), "secret-format")
    sealed = {each["name"]: each["commit"] for each in draw.document.get("parties", [])}
    if commitment(draw.id, party, secret, draw.hash) != sealed.get(party):
        raise Refused(
            Sentence("{label}的密值与封存名单前交出的封签不符，不能启封。", label=label),
            clause=cite("J12", pack),
            hint="请核对是否抄错、是否用了本次抽取编号和本方代号；确已遗失的，拆代存信封，仍不符的作废本次抽取。",
            slug="commitment",
            fields={key: "与封签不符"},
        )
    return secret


def beacon_value(step: Step, draw: Draw) -> None:
    """公共随机值 with its source, exactly when D announces one (slug `beacon`); kept in the settings."""
    item = str(draw.document.get("beacon") or "")
    value, source = ask.text(step.answers, "beacon_value"), ask.text(step.answers, "beacon_source")
    known = draw.settings.get("beacon_value")
    if not item and not value:
        return
    if item and not value and known:
        return
    if not item or not value or not source:
        said = (
            Sentence("请填写“{item}”的数字和出处。", item=item)
            if item
            else "本次抽取没有约定公共随机源，不能填写。"
        )
        raise Refused(said, clause=cite("J12", step.pack), slug="beacon", fields={"beacon_value": said})
    if known and known != value:
        raise Refused(
            Sentence("公共随机值已由抽取人填为“{known}”。", known=known),
            hint="有出入的，请当场核对出处；确有错误的，作废本次抽取。",
            slug="beacon",
            fields={"beacon_value": Sentence("已填为“{known}”", known=known)},
        )
    draw.settings = {**draw.settings, "beacon_value": value, "beacon_source": source}


def reveal_of(draw: Draw) -> dict[str, Any] | None:
    """`{secrets, beacon}` in the order of D once everybody has revealed, None before."""
    secrets = {
        "bureau": draw.operator_secret,
        "witness": draw.witness_secret,
        "third": str(draw.settings.get("third_secret") or ""),
    }
    given = [secrets[each["name"]] for each in draw.document.get("parties", [])]
    if not given or not all(given):
        return None
    return {"secrets": given, "beacon": str(draw.settings.get("beacon_value") or "")}
