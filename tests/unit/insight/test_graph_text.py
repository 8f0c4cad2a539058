"""The graph as text, in the direction of time."""

from __future__ import annotations

from nivis_tofu.insight import graph_text
from nivis_tofu.insight.graph_picture import Drawing, Edge, Node

DRAWING = Drawing(
    (Node("p.t.a", "managed", 1), Node("p.t.b", "managed", 2, 3, "create"), Node("? g", "group", 2)),
    (Edge("p.t.b", "p.t.a", "derived", ("arn", "id")), Edge("? g", "p.t.a", "order"), Edge("p.t.b", "? g", "ref")),
)


def test_for_people() -> None:
    assert graph_text.text(DRAWING) == (
        "phase 1\n"
        "  p.t.a\n"
        "\n"
        "phase 2\n"
        "  ? g\n"
        "    needs p.t.a: order only\n"
        "  + p.t.b (3)\n"
        "    needs p.t.a: arn, id (Nix)\n"
        "    needs ? g\n"
    )
    assert graph_text.text(Drawing((), ())) == "No resources.\n"


def test_for_graphviz() -> None:
    found = graph_text.dot(DRAWING)
    assert "rankdir = LR;" in found
    assert '"p.t.b" [shape = box, label = "p.t.b (3)", fillcolor = "#86efac"];' in found
    assert '"p.t.a" -> "p.t.b" [style = bold, label = "arn, id (Nix)"];' in found
    assert '"p.t.a" -> "? g" [style = dashed];' in found


def test_for_forges() -> None:
    found = graph_text.mermaid(DRAWING)
    assert found.startswith("flowchart LR\n")
    assert '  n0 ==>|"arn, id (Nix)"| n1\n' in found
    assert "  n0 -.-> n2\n" in found
    assert "  style n1 fill:#86efac\n" in found


def test_names_are_quoted() -> None:
    picture = Drawing((Node('a"b\\<\x1b', "managed", 1),), ())
    assert r'"a\"b\\<\\u001b" [shape = box];' in graph_text.dot(picture)
    assert r'["a&quot;b\&lt;\u001b"]' in graph_text.mermaid(picture)
    assert r"a\u001b" in graph_text.text(Drawing((Node("a\x1b", "managed", 1),), ()))
