"""归档. 吉 第二十七条：全部归档，建立工作台账和工作档案，专人负责."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from engine.domain import archive
from engine.domain.archive.tables import ArchiveSupplement
from engine.domain.followup import refuse_open
from engine.domain.inspection import get
from engine.domain.inspection.tables import Visit
from tests.scenarios import inspections as told
from tests.scenarios.test_inspection import refused


def test_the_file_is_listed_sealed_entered_and_exported(jilin, tmp_path):
    """卷内目录, seal, ledger; the bag is whole, and any change of a piece shows."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(jilin, case, inspection_id)
    case.expects("整理编目", role="档案专人")
    told.archived(case)
    line = jilin.read(lambda s: archive.ledger(s, jilin.bureau, 2026)[0].line)
    assert (line["发现问题"], line["公示日期"], line["信用等级"]) == ("0", "2026-03-02", line["信用等级"])
    package = jilin.read(lambda s: archive.of(s, inspection_id))
    target = tmp_path / "bag"
    found = jilin.read(
        lambda s: archive.export(s, archive.find(s, package.archive_no), target, lambda _: b"")
    )
    assert found["seal"] == package.seal
    assert archive.verify(target) == []
    piece = next((target / "data").glob("001-*.json"))
    piece.write_bytes(piece.read_bytes() + b" ")
    assert archive.verify(target)


def test_an_open_follow_up_keeps_the_file_open(jilin):
    """吉 第二十六条: archive refuses."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.reported(jilin, case, inspection_id, "corrected", **told.CORRECTED)
    refused("archive-open-followup", jilin.read, lambda s: refuse_open(s, get(s, inspection_id), "jilin"))


def test_a_missing_piece_is_added_or_explained(wugang):
    """舞 第三条 档案管理: what is missing is named; a statement goes into the 备考表."""
    case, inspection_id = told.begins(wugang, wugang.bureau)
    told.reported(wugang, case, inspection_id)
    wugang.does(lambda s: s.execute(delete(Visit).where(Visit.inspection_id == inspection_id)))
    told.made_public(case)
    case.expects("补充材料或说明", role="业务科室")
    refused("archive-incomplete", case.completes, "补充材料或说明", pieces=[{"piece": "visit"}])
    case.completes("补充材料或说明", pieces=[{"piece": "visit", "statement": "告知书原件遗失，有录像"}])
    told.archived(case)
    assert wugang.read(lambda s: s.scalars(select(ArchiveSupplement)).one().piece) == "visit"


def test_nothing_is_destroyed_before_its_time(jilin):
    """§2 no. 13: two persons, after the term."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(jilin, case, inspection_id)
    told.archived(case)

    def destroy(session):
        from engine.people import Role, holders  # noqa: PLC0415

        one, two = (
            holders(session, jilin.bureau, Role.ARCHIVIST)[0],
            holders(session, jilin.bureau, Role.LEADER)[0],
        )
        archive.destroy(
            session,
            archive.of(session, inspection_id),
            proposer=one,
            approver=two,
            reason="腾库",
            pack="jilin",
        )

    refused("retention-running", jilin.does, destroy)


def test_a_file_that_is_not_sealed_is_not_exported(jilin, tmp_path):
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(jilin, case, inspection_id)
    case.completes("整理编目", title="案卷", retention="permanent", secrecy="public")
    with pytest.raises(Exception, match="尚未封存"):
        jilin.read(lambda s: archive.export(s, archive.of(s, inspection_id), tmp_path / "x", lambda _: b""))
