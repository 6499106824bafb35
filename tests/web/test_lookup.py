"""What a form finds when somebody types a part of a name: of the registries and the regulation of their bureau."""

from __future__ import annotations

import pytest

from engine.domain.registry import RegistryObject
from engine.people import Person


@pytest.fixture(autouse=True)
def _registry(town):
    """One institution here, one in a bureau that is none of ours."""
    with town.database.transaction() as session:
        for login, code, name in (
            ("shen", "H22010100002", "柳坪村卫生室"),
            ("wai", "H22980000001", "外地卫生院"),
        ):
            bureau = session.query(Person).filter_by(login=login).one().bureau_id
            session.add(RegistryObject(bureau_id=bureau, code=code, name=name, kind="clinic"))


@pytest.mark.parametrize(
    ("kind", "typed", "found"),
    [
        ("object", "柳坪村", ["H22010100002 柳坪村卫生室"]),
        ("object", "外地", []),  # of another bureau
        ("object", "", []),
        ("clause", "第十三条", ["吉 第十三条"]),
        ("clause", "j7", ["吉 第七条"]),
        ("clause", "W9", []),  # another bureau's regulation binds nobody here
    ],
)
def test_the_house_finds_what_this_person_may_see(as_person, kind, typed, found):
    assert as_person("shen").get("/lookup/" + kind, query_string={"q": typed}).json == {"found": found}


def test_a_list_of_something_else_is_no_page(as_person):
    assert as_person("shen").get("/lookup/salary?q=1").status_code == 404
