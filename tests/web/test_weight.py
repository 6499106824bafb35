"""How heavy a first visit is: page, style sheets and scripts together, compressed, without the diagram."""

import gzip
import re

import pytest

from web.http import STATIC

MOST = 60_000
PATHS = ("/", "/tasks/1", "/cases", "/plans", "/draws", "/board", "/registry", "/processes", "/me", "/public")


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
