"""The table refusal × pack against what a bureau does that has lived through its year."""

from __future__ import annotations

import pytest

from engine import clock
from engine.desk import refusals
from engine.desk.demo import START, Year
from engine.desk.world import World
from engine.people import Bureau
from engine.settings import Settings
from web.assembly import form_check, form_keys, respond

PACKS = ("jilin", "wugang")


@pytest.fixture(scope="session")
def lived(tmp_path_factory, databases):
    """A bureau of a pack, its plan drawn and its first cases archived; made once a pack."""
    made: dict[str, Year] = {}

    def live(pack: str) -> Year:
        if pack not in made:
            folder = tmp_path_factory.mktemp(f"lived-{pack}")
            settings = Settings(
                database_url=databases.copy("empty", folder),
                secret_key="s" * 40,
                files_dir=folder / "files",
                anchors_dir=folder / "anchors",
            )
            world = World.open(settings, form_check=form_check, form_keys=form_keys, respond=respond)
            made[pack] = Year(world, pack, objects=150, cases=1)
            made[pack].runs()
        return made[pack]

    yield live
    for year in made.values():
        year.world.database.dispose()


@pytest.fixture
def tried(lived):
    """Every row of the table tried on the bureau of a pack; nothing of it is kept."""

    def attempt(pack: str) -> dict[str, dict[str, str]]:
        return {row["slug"]: row for row in lived(pack).tries()}

    return attempt


@pytest.mark.parametrize("pack", PACKS)
def test_the_table_is_what_the_bureau_does(tried, pack):
    """All ten refusals: refused, reason needed, finding or not applicable."""
    found = tried(pack)
    assert {slug: row["outcome"] for slug, row in found.items()} == {
        slug: row[pack] for slug, row in refusals.TABLE.items()
    }
    assert all(row["clause"] for row in found.values() if row["outcome"] == refusals.REFUSED)


@pytest.mark.parametrize("pack", PACKS)
def test_a_refusal_cites_only_what_binds_its_bureau(tried, pack):
    """Wugang never reads of 吉医保发, Jilin never of 舞医保."""
    foreign = {"jilin": "舞医保", "wugang": "吉医保发"}[pack]
    assert not [row for row in tried(pack).values() if foreign in row["clause"] + row["sentence"]]


@pytest.mark.parametrize("pack", PACKS)
def test_trying_keeps_nothing(lived, pack):
    """The second try finds the bureau as the first did."""
    year = lived(pack)
    assert year.tries() == year.tries()


def test_the_cap_and_the_superior_are_decided_by_the_table_of_eligibility(lived):
    """吉 第十一条: a cap asks for a reason, a superior's draw is final; both name a real object."""
    year = lived("jilin")
    with clock.fixed(year.rehearsal.now), year.world.database.reading() as session:
        bureau = session.get_one(Bureau, year.bureau_id)
        cap, above = (refusals.attempt(session, bureau, slug) for slug in ("cap-reached", "superior-drawn"))
    assert (cap.outcome, above.outcome) == (refusals.REASON, refusals.REFUSED)
    assert "正当理由" in cap.sentence
    assert "上级" in above.sentence
    assert year.rehearsal.now >= START
