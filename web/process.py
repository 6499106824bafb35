"""Processes: releases, what is in them, how each process runs."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from markupsafe import Markup

from engine.access import rights
from engine.desk import apart, process, proposal
from engine.desk import release as deployment
from engine.desk.compared import Side, compared, drawable
from engine.domain import pack as packs
from engine.errors import ModelInvalid, Refused
from web import http, upload, words
from web.auth import ask_second_factor, carry_out, has_second_factor, needs

page = Blueprint("process", __name__)
TRAITS = {
    "kind": lazy_gettext("种类"),
    "name": lazy_gettext("名称"),
    "lane": lazy_gettext("泳道"),
    "form": lazy_gettext("表单"),
    "clause": lazy_gettext("依据"),
    "deadline": lazy_gettext("时限"),
    "deadline_from": lazy_gettext("从哪天算起"),
    "operation": lazy_gettext("动作"),
    "serviceTaskOperator": lazy_gettext("动作"),
    "excludes": lazy_gettext("回避"),
    "assignee": lazy_gettext("由谁办"),
    "sourceRef": lazy_gettext("从"),
    "targetRef": lazy_gettext("到"),
    "conditionExpression": lazy_gettext("条件"),
    "default": lazy_gettext("默认去向"),
    "attachedToRef": lazy_gettext("附在环节"),
    "calledElement": lazy_gettext("调用的流程"),
    "calledDecisionId": lazy_gettext("决策表"),
}
"""Words for what the elements of a diagram carry; anything else is shown as it stands in the file."""
ELEMENTS = {
    "process": lazy_gettext("流程"),
    "userTask": lazy_gettext("人工环节"),
    "manualTask": lazy_gettext("线下环节"),
    "serviceTask": lazy_gettext("系统环节"),
    "businessRuleTask": lazy_gettext("查决策表"),
    "callActivity": lazy_gettext("调用流程"),
    "subProcess": lazy_gettext("子流程"),
    "sequenceFlow": lazy_gettext("连线"),
    "exclusiveGateway": lazy_gettext("网关"),
    "parallelGateway": lazy_gettext("并行网关"),
    "inclusiveGateway": lazy_gettext("包容网关"),
    "startEvent": lazy_gettext("开始"),
    "endEvent": lazy_gettext("结束"),
    "boundaryEvent": lazy_gettext("边界事件"),
    "intermediateCatchEvent": lazy_gettext("等待事件"),
    "lane": lazy_gettext("泳道"),
    "participant": lazy_gettext("机构"),
    "message": lazy_gettext("消息"),
}
LINES = 400  # of a file's changes that a page shows
KINDS = {
    "bpmn": lazy_gettext("流程图"),
    "dmn": lazy_gettext("决策表"),
    "form": lazy_gettext("表单"),
    "document": lazy_gettext("文书"),
    "pack": lazy_gettext("规则包"),
}


@page.get("/processes")
@needs(rights.READ_PROCESSES)
def index() -> ResponseReturnValue:
    """All releases, the one in force of each pack marked; what waits for a second person before them."""
    reading = http.reading()
    return render_template(
        "process/index.html",
        releases=process.releases(reading),
        kinds=KINDS,
        proposals=proposal.listed(reading),
        states=proposal_states(),
        may_propose=rights.EDIT_PROCESSES.allows(g.person),
    )


@page.get("/processes/<int:release_id>")
@needs(rights.READ_PROCESSES)
def release(release_id: int) -> ResponseReturnValue:
    """One release: processes, tables, forms, documents, each by its hash."""
    return _release_page(release_id, None, 200)


@page.get("/processes/<int:release_id>/parameters")
@needs(rights.READ_PROCESSES)
def parameters(release_id: int) -> ResponseReturnValue:
    """What the rule pack settles in this release: cap, certificates, channels …, each with its article."""
    found, rows = process.parameters(http.reading(), release_id)
    return render_template("process/parameters.html", release=found, rows=rows)


@page.get("/processes/<int:release_id>/files.zip")
@needs(rights.READ_PROCESSES)
def files(release_id: int) -> ResponseReturnValue:
    """All files of a release, to change some and send them to review."""
    reading = http.reading()
    found = process.named(reading, release_id)
    packed = deployment.packed(deployment.content(reading, found))
    return upload.to_keep(packed, f"{words.pack_title(found.pack)} v{found.version}", "zip")


@page.get("/processes/proposals/<int:proposal_id>/files.zip")
@needs(rights.READ_PROCESSES)
def proposed_files(proposal_id: int) -> ResponseReturnValue:
    """All files of a proposal, to look at in an editor or to go on with."""
    packed = deployment.packed(proposal.files_of(http.reading(), proposal_id))
    return upload.to_keep(packed, _("第 %(n)s 号送审", n=proposal_id), "zip")


@page.get("/processes/proposals/<int:proposal_id>/<name>")
@needs(rights.READ_PROCESSES)
def compare(proposal_id: int, name: str) -> ResponseReturnValue:
    """A proposed diagram or the one it was made from (`?side=before`), drawn, with what differs."""
    side: Side = "before" if request.args.get("side") == "before" else "after"
    view = compared(http.reading(), proposal_id, name, side)
    return render_template(
        "process/compare.html",
        view=view,
        svg=Markup(view.svg),  # noqa: S704 (built by lxml, every name escaped)
        lanes=Markup(view.lanes),  # noqa: S704
        diagram=name,
        side=side,
        traits=TRAITS,
        elements=ELEMENTS,
        edits={"added": ("done", _("新增")), "changed": ("soon", _("改动")), "removed": ("late", _("删除"))},
    )


@page.post("/processes/<int:release_id>/restore")
@needs(rights.EDIT_PROCESSES)
def restore(release_id: int) -> ResponseReturnValue:
    """Propose to make this older release current again; another person releases it."""
    note = request.form.get("note", "")
    try:
        found = apart.examine(proposal.restorable(http.reading(), release_id, note))
        made = carry_out(proposal.propose_restore, release_id, found.findings, note=note)
    except Refused as refusal:
        return _release_page(release_id, refusal, 422)
    return redirect(url_for("process.proposed", proposal_id=made.id)), 303


def _release_page(release_id: int, refusal: Refused | None, status: int) -> ResponseReturnValue:
    return (
        render_template(
            "process/release.html",
            view=process.view(http.reading(), release_id),
            kinds=KINDS,
            may_propose=rights.EDIT_PROCESSES.allows(g.person),
            note=request.form.get("note", ""),
            refusal=refusal,
            failed=refusal is not None,
        ),
        status,
    )


@page.get("/processes/<int:release_id>/<name>")
@needs(rights.READ_PROCESSES)
def show(release_id: int, name: str) -> ResponseReturnValue:
    """One process, drawn, and its human steps."""
    view = process.process(http.reading(), g.person, release_id, name)
    return render_template(
        "process/show.html",
        view=view,
        svg=Markup(view.svg),  # noqa: S704 (built node by node)
        lanes=Markup(view.lanes),  # noqa: S704
    )


# --- proposed by its author, released by another ----------------------------------------------------


def proposal_states() -> dict[str, tuple[str, str]]:
    """State of a proposal → (look, word)."""
    return {
        "refused": ("late", _("检查未通过")),
        "waiting": ("doing", _("待复核")),
        "released": ("done", _("已发布")),
        "returned": ("pause", _("已退回")),
    }


@page.get("/processes/propose")
@needs(rights.EDIT_PROCESSES)
def propose_form() -> ResponseReturnValue:
    """Choose the files that change."""
    return _propose_page(None, 200)


@page.post("/processes/propose")
@needs(rights.EDIT_PROCESSES)
def propose() -> ResponseReturnValue:
    """Check an archive apart; whatever is found, it stands on the page of the proposal, all at once."""
    pack, note = request.form.get("pack", ""), request.form.get("note", "")
    sent = request.files.get("zip")
    archive = sent.read() if sent else b""
    start = next((each for each in proposal.STARTS if each == request.form.get("start")), "current")
    try:
        if not archive:
            raise Refused(_("请选择压缩包。"), fields={"zip": _("请选择一个 ZIP 文件")})  # noqa: TRY301 (kept on the form)
        found = apart.examine(proposal.base_files(http.reading(), pack, start), archive)
        made = carry_out(proposal.propose, pack, found.files, found.findings, note=note)
    except Refused as refusal:
        return _propose_page(refusal, 422)
    return redirect(url_for("process.proposed", proposal_id=made.id)), 303


@page.get("/processes/proposals/<int:proposal_id>")
@needs(rights.READ_PROCESSES)
def proposed(proposal_id: int) -> ResponseReturnValue:
    """Findings, and every line that differs from the release in force."""
    return _proposal_page(proposal_id, None, 200)


@page.post("/processes/proposals/<int:proposal_id>")
@needs(rights.RELEASE)
def decide(proposal_id: int) -> ResponseReturnValue:
    """Release it or send it back; a release needs the second factor, and is checked once more before."""
    if request.form.get("decision") != "release":
        try:
            carry_out(proposal.send_back, proposal_id, request.form.get("reason", ""))
        except Refused as refusal:
            return _proposal_page(proposal_id, refusal, 422)
        http.say("done", _("已退回作者。"))
        return redirect(url_for("process.proposed", proposal_id=proposal_id)), 303
    if not has_second_factor():
        return ask_second_factor()
    try:
        found = apart.examine(proposal.files_of(http.reading(), proposal_id))
        made = carry_out(proposal.release, proposal_id, found.findings)
    except (Refused, ModelInvalid) as refusal:
        return _proposal_page(proposal_id, refusal, 422)
    name = f"{words.pack_title(made.pack)} v{made.version}"
    http.say("done", _("%(name)s 已发布。新开的案件用这一版，在办案件不变。", name=name))
    return redirect(url_for("process.release", release_id=made.id)), 303


def _propose_page(refusal: Refused | None, status: int) -> ResponseReturnValue:
    return (
        render_template(
            "process/propose.html",
            packs=packs.names(),
            pack=request.form.get("pack", g.person.bureau.pack),
            start=request.form.get("start", "current"),
            note=request.form.get("note", ""),
            refusal=refusal,
            failed=refusal is not None,
        ),
        status,
    )


def _proposal_page(
    proposal_id: int, refusal: Refused | ModelInvalid | None, status: int
) -> ResponseReturnValue:
    return (
        render_template(
            "process/proposal.html",
            view=proposal.view(http.reading(), g.person, proposal_id),
            states=proposal_states(),
            drawable=drawable,
            kinds={"added": _("新增"), "removed": _("删除"), "changed": _("改动")},
            most=LINES,
            reason=request.form.get("reason", ""),
            refusal=refusal,
            fields=getattr(refusal, "fields", {}),
            failed=refusal is not None,
        ),
        status,
    )
