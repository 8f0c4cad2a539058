"""Documents for people who review: nothing in a plan can break out of its place, and no plan is too long."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.outcome import Applied, Attribute, Hidden, Line, Preview, Provenance, Tally
from nivis_tofu.views import markdown

FORGE = 65_000
HOSTILE = "x`y``` <script>alert(1)</script> </details> | @all #1 ![i](u) \x1b[31m **b** \n# no"
NEW = Attribute(("tags",), "create", None, {"Name": "a"})
LATE = Attribute(("content",), "create", known_after=1, provenance=Provenance("nix", ("a.b.c.id",), ("in ", Provenance("reference", ("a.b.c.id",)))))  # fmt: skip


def rendered(text: str) -> str:
    """As a forge makes HTML of it: tags are let through, and what stands in code is text."""
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))


def test_a_plan_of_two_phases() -> None:
    preview = Preview(
        (
            Line("create", "a.b.c", "b", attributes=(NEW,), phase=1),
            Line("update", "a.b.d", "b", attributes=(Attribute(("n",), "update", 1, 2),), phase=2, waits=("a.b.c.id",)),
            Line("replace", "a.b.e", "b", phase=2, reason="it is tainted"),
            Line("noop", "a.b.f", "b"),
        ),
        outputs=(("ip", "create"),),
        values={"ip": (Attribute((), "create", None, "10.0.0.1"),)},
        warnings=(Diagnostic("Deprecated", "Use the other one.", severity="warning"),),
    )
    text = markdown.plan(preview)
    assert text.startswith("### nivis plan\n\n**Plan: 2 to add, 1 to change, 1 to destroy, in 2 phases.**\n")
    assert "<summary><b>Phase 1</b>: 1 to add, 0 to change, 0 to destroy</summary>" in text
    assert "waits for <code>a.b.c.id</code></summary>" in text
    assert '```diff\n+ a.b.c (b)\n+     tags = { Name = "a" }\n```\n' in text
    assert "```diff\n! a.b.d (b)\n!     n = 1 -> 2\n```\n" in text
    assert "```diff\n-/+ a.b.e (b)\n     # it is tainted\n```\n" in text
    assert '```diff\n+ output.ip\n+     "10.0.0.1"\n```\n' in text
    assert 'p1 -- "a.b.c.id" --> p2' in text
    assert "> ⚠ **Deprecated** Use the other one.\n" in text
    assert "a.b.f" not in text


def test_what_is_not_known_yet_is_counted_apart() -> None:
    text = markdown.plan(Preview((Line("unknown", "hosts", waits_for="a.b.c.id", phase=1),)))
    assert "<summary>0 to add, 0 to change, 0 to destroy, 1 not known yet</summary>" in text
    assert "```diff\n ? hosts (waits for a.b.c.id)\n```" in text


def test_nothing_to_do_and_outputs_alone() -> None:
    assert markdown.plan(Preview((), total=3)) == "### nivis plan\n\nNo changes. 3 resource(s) up to date.\n"
    assert "1 output(s) change." in markdown.plan(Preview((), outputs=(("a", "update"),)))


def test_drift_is_told_although_nothing_changes() -> None:
    line = Line("noop", "a.b.c", "b", drift=(Attribute(("n",), "update", 1, 2),))
    assert "Changed outside of nivis" in markdown.plan(Preview((line,), total=1))


@pytest.mark.parametrize("where", ["id", "type", "note", "attribute", "value", "output", "wait", "warning", "drift"])
def test_nothing_breaks_out(where: str) -> None:
    has = {name: HOSTILE if name == where else name for name in (
        "id", "type", "note", "attribute", "value", "output", "wait", "warning", "drift")}  # fmt: skip
    attribute = Attribute((has["attribute"],), "create", None, has["value"])
    line = Line("create", has["id"], has["type"], note=has["note"], attributes=(attribute,), phase=1)
    other = Line(
        "update", "z", "t", phase=2, waits=(has["wait"],), drift=(Attribute(("x",), "update", "a", has["drift"]),)
    )
    preview = Preview(
        (line, other),
        outputs=((has["output"], "create"),),
        warnings=(Diagnostic(has["warning"], has["warning"], severity="warning"),),
    )
    html = rendered(markdown.plan(preview))
    # Two sections and the outputs, and drift: what is hostile neither opens nor closes one.
    assert html.count("<details") == html.count("</details>") == 4
    assert "<script>" not in html
    assert "\x1b" not in html
    assert not re.search(r"<(img|strong>b|h1|a )", html)
    assert html.count("<h") == 1
    # A mention would notify people.
    assert "@all" not in re.sub(r"<code.*?</code>", "", html, flags=re.S)


@pytest.mark.parametrize(
    ("lines", "attributes", "size"), [(100, 30, 20), (3_000, 1, 10), (3, 5, 50_000), (5, 3_000, 10), (1_500, 0, 0)]
)
def test_no_plan_is_too_long(lines: int, attributes: int, size: int) -> None:
    found = tuple(Attribute((f"a{n}",), "create", None, "v" * size) for n in range(attributes))
    waits = tuple(f"{n}{'w' * 300}" for n in range(20))
    preview = Preview(
        tuple(Line("create", f"aws.t.r{n}", "t", attributes=found, phase=1 + n, waits=waits) for n in range(lines)),
        warnings=(Diagnostic("w" * 900, "d" * 5000, severity="warning"),) * 50,
    )
    text = markdown.plan(preview)
    assert len(text) < FORGE
    assert f"{lines} to add" in text
    listed = text.count("+ aws.t.r")
    told = re.search(r"(\d+) more changes are not listed", text)
    assert listed + (int(told[1]) if told else 0) == lines
    html = rendered(text)
    assert html.count("<details") == html.count("</details>")


@given(st.lists(st.tuples(st.text(max_size=300), st.text(max_size=300)), max_size=20), st.text(max_size=3000))
def test_any_text_stays_in_its_place(things: list[tuple[str, str]], word: str) -> None:
    lines = tuple(
        Line(
            "update",
            i,
            "t",
            phase=1 + n % 3,
            note=word,
            waits=(word,),
            attributes=(Attribute((word,), "update", v, i),),
        )
        for n, (i, v) in enumerate(things)
    )
    text = markdown.plan(Preview(lines, outputs=((word, "update"),)))
    assert len(text) < FORGE
    html = rendered(text)
    sections = len({x.phase for x in lines}) + 1
    assert html.count("<details") == html.count("</details>") == sections


def test_what_is_hidden_stays_hidden() -> None:
    secret = Attribute(("password",), "update", Hidden("(sensitive)"), Hidden("(sensitive)"), sensitive=True)
    text = markdown.plan(Preview((Line("update", "a.b.c", "b", attributes=(secret, LATE), phase=1),)))
    assert "password = (sensitive) -> (sensitive)" in text
    assert 'content = "in " + a.b.c.id (computed in Nix, known after phase 1)' in text


def test_a_run_phase_by_phase_and_its_failure() -> None:
    tally = Tally(phases=2)
    tally.add("a|b", "create", 1.2, 1)
    tally.add("c", "update", 3.0, 2)
    tally.failed.append("d")
    error = NivisError(Diagnostic("It | broke", "a*b", "mend it", address="d"))
    text = markdown.applied(Applied(tally, 3, error=error, not_started=("e",)), "apply")
    assert "| created | `a\\|b` | 1 | 1 s |" in text
    assert "| updated | `c` | 2 | 3 s |" in text
    assert "| **failed** | `d` |  |  |" in text
    assert "| not started | `e` |" in text
    assert "> **It \\| broke**\n> `d`\n> a\\*b\n> hint: mend it\n" in text
    assert rendered(text).count("<td>") == 16


def test_a_failure_is_cut_too() -> None:
    error = NivisError(*(Diagnostic("s" * 5000, "<" * 9000, "h" * 5000) for _ in range(100)))
    error.raw = "`" * 50_000
    assert len(markdown.failed(error, "plan")) < FORGE
    tally = Tally(phases=1)
    for n in range(2000):
        tally.add(f"r{n}", "create", 1, 1)
    text = markdown.applied(Applied(tally, 2000, error=error), "apply")
    assert len(text) < FORGE
    assert "more are not listed" in text
