"""The graph as a file for a browser."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from nivis_tofu.insight import graph_html
from nivis_tofu.insight.graph_picture import Drawing, Edge, Node

CHAIN = Drawing(
    tuple(Node(f"p.t.{n}", "managed", 1 + k // 2, action=a) for k, (n, a) in enumerate(zip("abcd", ["create", "", "delete", ""], strict=True))),
    (Edge("p.t.b", "p.t.a", "ref", ("id",)), Edge("p.t.c", "p.t.b", "derived", ("id",)), Edge("p.t.d", "p.t.a", "order")),
)  # fmt: skip


def svg(page: str) -> ElementTree.Element:
    return ElementTree.fromstring(re.search(r"<svg.*?</svg>", page, re.S)[0])  # type: ignore[index]  # there is one


def test_columns_go_in_the_direction_of_time() -> None:
    found = svg(graph_html.page(CHAIN, "demo"))
    nodes = [g for g in found.iter("g") if "node" in g.get("class", "")]
    at = {g.findtext("title"): int(rect.get("x", "")) for g in nodes for rect in g.iter("rect")}
    assert at["+ p.t.a"] < at["p.t.b"] < at["- p.t.c"]
    assert {t.text for t in found.iter("text")} >= {"phase 1", "phase 2", "id (Nix)"}


def test_nothing_is_fetched_and_nothing_breaks_out() -> None:
    hostile = Drawing((Node("<script>alert(1)</script>&\x1b", "managed", 1),), ())
    page = graph_html.page(hostile, "<b>&</b>")
    assert page.count("<script>") == 1
    assert "<title>&lt;b&gt;&amp;&lt;/b&gt;</title>" in page
    assert not re.search(r"https?://|src=|@import", page)
    assert "\x1b" not in page
    svg(page)


@pytest.mark.parametrize("edges", [(), (Edge("m", "n", "ref"), Edge("n", "m", "ref"), Edge("m", "m", "ref"))])
def test_modules_that_use_each_other_end(edges: tuple[Edge, ...]) -> None:
    drawing = Drawing((Node("m", "module", 1), Node("n", "module", 1)), edges)
    assert svg(graph_html.page(drawing, "x")) is not None


def test_no_resources() -> None:
    assert svg(graph_html.page(Drawing((), ()), "x")) is not None
