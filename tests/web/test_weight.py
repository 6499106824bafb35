"""How heavy a first visit is: page, style sheets and scripts together, compressed, without the diagram."""

import gzip
import re
from datetime import date

import pytest
from sqlalchemy import select

from engine.desk.bench.ground import counted
from engine.domain.registry import ItemList
from engine.people import Bureau, Grant, Person, Role
from engine.runtime.tables import WorkItem
from web.http import STATIC

MOST = 60_000
PATHS = (
    "/",
    "/tasks/1",
    "/?peek=1",
    "/cases",
    "/cases/1",
    "/notices",
    "/plans",
    "/draws",
    "/board",
    "/registry",
    "/processes",
    "/me",
    "/public",
)


def weight(html):
    """Bytes of a page and of all that it asks for, as they would travel."""
    html = re.sub(r'<svg class="diagram.*?</svg>', "", html, flags=re.DOTALL)
    files = re.findall(r'(?:href|src)="/static/([^"?]+)', html)
    return sum(
        len(gzip.compress(part))
        for part in (html.encode(), *((STATIC / name).read_bytes() for name in set(files)))
    )


@pytest.mark.parametrize("path", PATHS)
def test_a_first_visit_stays_light(as_person, path):
    answer = as_person("shen").get(path)
    assert answer.status_code == 200
    assert weight(answer.text) <= MOST


def test_an_inbox_of_fifty_steps_stays_light(as_person, town):
    columns = [column.key for column in WorkItem.__table__.columns if column.key != "id"]
    with town.database.transaction() as session:
        one = session.get_one(WorkItem, 2)
        for number in range(60):
            made = {
                "task": f"more{number}",
                "object_name": f"柳坪镇第{number}卫生院",
                "case_no": f"检查〔2026〕{number}号",
            }
            session.add(WorkItem(**{name: getattr(one, name) for name in columns} | made))
    page = as_person("shen").get("/").text
    assert page.count('<td data-l="') >= 50
    assert weight(page) <= MOST


def town_grows(town, number):
    """More colleagues, more bureaus each with its own list, more published plans with tasks."""
    with town.database.transaction() as session:
        city = session.scalars(select(Bureau).where(Bureau.division == "229900")).one()
        for each in range(number):
            name = f"{number}-{each}"
            made = Person(bureau_id=city.id, staff_no=name, login=name, name=name)
            made.grants = [Grant(bureau_id=city.id, role=Role.INSPECTOR, valid_from=date(2020, 1, 1))]
            more = Bureau(
                division=f"22{number:02}{each:02}",
                name=f"{name}局",
                short_name=name,
                level="county",
                pack="jilin",
            )
            session.add_all([made, more])
            session.flush()
            session.add(
                ItemList(
                    bureau_id=more.id, version="1", title=name, state="published", valid_from=date(2020, 1, 1)
                )
            )


@pytest.mark.parametrize("path", ["/public/items", "/cases/1/extra"])
def test_a_page_asks_as_much_of_the_database_in_a_large_place_as_in_a_small_one(as_person, town, path):
    shen, counts = as_person("shen"), []
    for number in (2, 20):
        town_grows(town, number)
        with counted(town) as seen:
            answer = shen.get(path)
        assert answer.status_code == 200
        assert f"{number}-{number - 1}" in answer.text
        counts.append(seen.statements)
    assert counts[0] == counts[1]
