"""XML from a stranger is read without entities, network, document types or giant trees."""

import pytest

from engine import markup
from engine.errors import ModelInvalid

BOMB = '<!DOCTYPE a [<!ENTITY x "xxxx"><!ENTITY y "&x;&x;">]><a b="&y;">&y;</a>'


@pytest.mark.parametrize(
    ("content", "rule", "line"),
    [
        (BOMB.encode(), "xml-doctype", 1),
        (BOMB.replace("<!DOCTYPE", "<!doctype").encode(), "xml-doctype", 1),
        (BOMB.encode("utf-16"), "xml-doctype", 1),
        (b"<a>\n<b>\n</a>", "xml-syntax", 3),
        (b"", "xml-syntax", 1),
        (b"<a>" + b" " * markup.LARGEST + b"</a>", "xml-size", 0),
        (b"<a>" * 300 + b"</a>" * 300, "xml-syntax", 1),
    ],
)
def test_a_dangerous_file_is_refused_with_its_line(content: bytes, rule: str, line: int):
    with pytest.raises(ModelInvalid) as refused:
        markup.read(content, "x.bpmn")
    [finding] = refused.value.findings
    assert (finding.file, finding.rule, finding.line) == ("x.bpmn", rule, line)
    assert finding.hint


def test_remarks_of_a_drawing_tool_are_left_out():
    root = markup.read(b"<?tool x?><a><!-- drawn by hand --><b/></a>", "x.bpmn")
    assert [child.tag for child in root] == ["b"]
