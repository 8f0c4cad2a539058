from __future__ import annotations

import json

from nivis_tofu.core.outcome import Attribute, Line
from nivis_tofu.insight.graph_picture import Drawing, Edge, Node
from nivis_tofu.insight.why import Origin
from nivis_tofu.views import answers
from nivis_tofu.views.human import Style

PLAIN = Style()


def test_where_a_value_comes_from() -> None:
    page = answers.why("t.x.a.id", [Origin("t.x.a.id", ("provider",), 2)])
    assert page.text(PLAIN) == "t.x.a.id\n   decided by the provider, known after phase 1\n"
    assert json.loads(page.document())["what"] == "t.x.a.id"


def test_a_value_is_json_and_a_string_may_be_raw() -> None:
    assert answers.value("a\n", raw=False).text(PLAIN) == '"a\\n"\n'
    assert answers.value("a\n", raw=True).text(PLAIN) == "a\n\n"
    assert answers.value({"a": 1}, raw=True).document() == '{\n  "a": 1\n}'


def test_the_graph_as_a_document() -> None:
    found = Drawing((Node("a", "managed", 1), Node("b", "managed", 2)), (Edge("b", "a", "derived", ("id",)),))
    document = json.loads(answers.graph(found).document())
    assert document["phases"] == 2
    assert document["edges"] == [{"source": "b", "target": "a", "via": "derived", "attributes": ["id"]}]
    assert json.loads(answers.graph(Drawing((), ())).document())["phases"] == 0


def test_differences() -> None:
    line = Line("update", "t.x.a", "x", attributes=(Attribute(("k",), "update", 1, 2),))
    page = answers.differences([line])
    assert page.text(PLAIN) == " ~ t.x.a (x)\n     ~ k = 1 -> 2\n\n0 added, 1 changed, 0 removed.\n"
    found = json.loads(page.document())
    assert (found["version"], found["format_version"]) == (1, "1.0")
    assert found["changes"][0]["attributes"][0]["after"] == 2
