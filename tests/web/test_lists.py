"""Long lists: nothing is left out between two pages, nothing falls out of reach because newer rows came."""

import pytest
from sqlalchemy import select

from engine.audit import AuditEntry
from engine.desk import audit, process, registry
from engine.domain.registry import Inspector, RegistryObject
from engine.people import Bureau
from engine.runtime.tables import Release
from tests.web.town import somebody


def he(session):
    return somebody(session, "he")


@pytest.mark.parametrize(
    ("model", "listed", "values"),
    [
        (RegistryObject, registry.objects, {"code": "H2200{:04}", "kind": "clinic"}),
        (Inspector, registry.inspectors, {"staff_no": "{:04}"}),
    ],
)
def test_a_number_that_two_bureaus_use_stands_twice_wherever_the_page_ends(town, model, listed, values):
    with town.database.transaction() as session:
        looker = session.merge(he(session))
        city, county = (
            session.scalars(select(Bureau).where(Bureau.division == number)).one()
            for number in ("229900", "229901")
        )
        looker.bureau_id = city.id
        looker.grants[0].role = "leader"  # sees the county, too
        session.flush()
        before = len(listed(session, looker).rows)
        for number in range(registry.PAGE - 1 - before):
            given = {name: text.format(number) for name, text in values.items()}
            session.add(model(bureau_id=city.id, name=f"第 {number} 个", **given))
        twice = {name: text.format(9999) for name, text in values.items()}
        session.add_all(
            model(bureau_id=bureau.id, name=f"{bureau.short_name}的", **twice) for bureau in (city, county)
        )
        session.flush()
        first = listed(session, looker)
        second = listed(session, looker, cursor=first.next)
        assert (len(first.rows), [row.bureau_id for row in second.rows]) == (registry.PAGE, [county.id])


def test_an_old_release_can_be_read_however_many_came_after_it(town):
    with town.database.transaction() as session:
        first = session.scalars(select(Release)).one()
        session.add_all(
            Release(pack="jilin", version=number, hash=f"{number:064}")
            for number in range(2, process.PAGE + 5)
        )
        session.flush()
        assert len(process.releases(session)) == process.PAGE
        seen = process.view(session, first.id)
        assert (seen.row.release.version, seen.row.current) == (1, False)


def test_numbers_that_were_never_used_are_no_entries_that_wait_for_their_seal(town):
    """A transaction that is rolled back leaves a gap in PostgreSQL's numbers."""
    with town.database.transaction() as session:
        session.add(AuditEntry(id=1000, action="account.sign_in", subject="person/1"))
        session.flush()
        assert audit.log(session).unsealed == 1
