"""Fields that one searches: an object, a person, an article. Nothing is guessed; who is not sure picks."""

from __future__ import annotations

import pytest

from engine.errors import Refused
from forms import page, post, schema, search
from tests.forms.test_schema import form, one

CLINICS = [
    ("H1", "H1 柳坪村卫生室"),
    ("H2", "H2 柳坪镇卫生院"),
    ("H3", "H3 惠众大药房"),
]
PEOPLE = [(number, f"{name} 000{number}") for number, name in enumerate("赵钱孙李周吴郑王", 1)]
OBJECT = form(one("object", validate={"required": True}))
PERSON = form(one("person", valuesKey="team", validate={"required": True}))


def found(typed):
    """What the house found for these words."""
    return {f"object:{typed}": [pair for pair in CLINICS if typed in pair[1] or pair[1] == typed]}


@pytest.mark.parametrize("typed", ["H1", "柳坪村卫生室", "H1 柳坪村卫生室"])
def test_a_code_a_whole_name_or_both_name_one_object(typed):
    assert schema.load(OBJECT, {"a": typed}, options=found(typed)) == {"a": "H1"}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("柳坪", "请在找到的选项中选定“项目”"),
        ("惠众", "请在找到的选项中选定“项目”"),  # one only, but half a name: a person says it is this one
        ("县医院", "没有找到与“县医院”相符的“项目”，请换个写法再查"),
        ("", "请选择“项目”"),
    ],
)
def test_half_a_name_is_never_taken_for_an_answer(typed, sentence):
    with pytest.raises(Refused) as no:
        schema.load(OBJECT, {"a": typed}, options=found(typed))
    assert no.value.fields == {"a": sentence}


def test_among_many_people_one_types_and_the_id_is_kept():
    assert schema.load(PERSON, {"a": "吴 0006"}, options={"team": PEOPLE}) == {"a": 6}
    assert schema.load(PERSON, {"a": "6"}, options={"team": PEOPLE}) == {"a": 6}
    twins = [*PEOPLE, (9, "吴 0009")]
    with pytest.raises(Refused) as no:
        schema.load(PERSON, {"a": "吴"}, options={"team": twins})
    assert no.value.fields == {"a": "请在找到的选项中选定“项目”"}


def test_few_people_are_a_list_many_are_searched():
    few, many = (
        page.page(PERSON, values={"a": 2}, shown={"options": {"team": people}}).parts[0].parts[0]
        for people in (PEOPLE[:3], PEOPLE)
    )
    assert (few.kind, many.kind, many.value) == ("select", "search", "钱 0002")
    assert many.offered == [label for _value, label in PEOPLE]


def test_what_was_found_stands_below_the_words_to_be_picked():
    part = page.page(OBJECT, values={"a": "柳坪"}, shown={"options": found("柳坪")}).parts[0].parts[0]
    assert [option.value for option in part.options] == ["H1", "H2"]
    assert (part.value, part.missed) == ("柳坪", False)
    nothing = page.page(OBJECT, values={"a": "县医院"}).parts[0].parts[0]
    assert (nothing.options, nothing.missed) == ([], True)


def test_a_pick_counts_while_the_words_are_those_it_was_found_for():
    picked = {"a": ["柳坪"], "a.asked": ["柳坪"], "a.pick": ["H2"]}
    assert post.answers(OBJECT, picked) == {"a": "H2"}
    assert post.answers(OBJECT, {**picked, "a": ["惠众"]}) == {"a": "惠众"}


def test_asking_what_was_found_hands_nothing_in():
    assert post.reshaped(OBJECT, {"a": ["柳坪"], "intent": ["find:a"]}) == {"a": "柳坪"}


def test_every_row_of_a_list_is_looked_up():
    rows = form(
        {"type": "dynamiclist", "path": "rows", "label": "清单", "components": [one("object")]},
        {"type": "group", "id": "g", "path": "more", "components": [one("clause", "b")]},
    )
    answers = {"rows": [{"a": "H1"}, {}, {"a": "柳坪"}], "more": {"b": "第七条"}}
    assert [(part.type, typed) for part, typed in search.sought(rows, answers)] == [
        ("object", "H1"),
        ("object", "柳坪"),
        ("clause", "第七条"),
    ]
