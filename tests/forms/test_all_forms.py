"""Every form that ships reads, is neutral towards its case, and can be shown empty."""

from pathlib import Path

import pytest

from forms import definition, page, schema

ROOT = Path(__file__).parents[2]
FORMS = sorted((ROOT / "forms").glob("**/*.form"))


@pytest.mark.parametrize("path", FORMS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_form_reads_and_shows(path):
    name = str(path.relative_to(ROOT))
    form = definition.read(path.read_bytes(), name)
    assert page.page(form).parts, f"{name} asks nothing"
    schema.shape(form)


def approvals():
    for path in FORMS:
        form = definition.read(path.read_bytes(), str(path.relative_to(ROOT)))
        decision = form.field("decision")
        if decision is not None and {choice.value for choice in decision.choices} == {"approve", "return"}:
            yield form


def test_sending_back_always_asks_for_a_reason():
    for form in approvals():
        reason = form.field("reason")
        assert reason is not None, form.name
        assert reason.rules.required, form.name
        assert not (reason.hide and reason.hide.holds({"decision": "return"})), form.name
