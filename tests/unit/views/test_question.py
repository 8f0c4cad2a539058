"""What a person is asked, in full."""

from __future__ import annotations

import pytest

from nivis_tofu.core.outcome import Line, Preview
from nivis_tofu.views import question
from nivis_tofu.views.human import Style

PLAIN = Style()


def lines(**counts: int) -> tuple[Line, ...]:
    return tuple(Line(action, f"{action}{n}", "t") for action, count in counts.items() for n in range(count))


@pytest.mark.parametrize(
    ("preview", "text"),
    [
        (Preview(lines(delete=12, replace=3)), "Destroy 12 and replace 3 resources"),
        (Preview(lines(delete=1)), "Destroy 1 resource"),
        (Preview(lines(create=2, update=1, delete=1, noop=9, read=2)), "Destroy 1, add 2 and change 1 resources"),
        (Preview(lines(move=1, forget=1)), "Move 1 and forget 1 resources"),
        (Preview(lines(create=1), (("x", "update"), ("y", "create"))), "Add 1 resource and change 2 outputs"),
        (Preview((), (("x", "delete"),)), "Change 1 output"),
        # Members that nobody can count yet.
        (Preview(lines(unknown=1)), "Apply these changes"),
    ],
)
def test_the_work_in_one_sentence(preview: Preview, text: str) -> None:
    assert question.work(preview) == text


def test_what_goes_stands_last_with_its_reason() -> None:
    preview = Preview(
        (
            Line("replace", "web", "t", reason="`ami` cannot be changed in place"),
            Line(
                "delete", "old", "t", note="unless it is a member of g", reason="it is no longer in the configuration"
            ),
            Line("create", "new", "t"),
            Line("replace", "bad", "t", reason="it is tainted"),
        ),
        (("ip", "update"),),
    )
    found = question.of(preview, "workspace prod", PLAIN, every=False)
    assert found.rows == (
        " + new (t)",
        " ~ output.ip",
        " -/+ web (t)  # `ami` cannot be changed in place",
        " - old (t)  unless it is a member of g  # it is no longer in the configuration",
        " -/+ bad (t)  # it is tainted",
    )
    assert found.text == "Destroy 1 and replace 2 resources in workspace prod?"
    every = question.of(preview, "nivis.state.json", PLAIN, every=True)
    assert every.rows == found.rows
    assert every.text == "Destroy 1, replace 2 and add 1 resources and change 1 output in nivis.state.json?"


def test_what_else_changes_is_cut_and_what_goes_is_not() -> None:
    preview = Preview(lines(create=400, delete=50))
    rows = question.of(preview, "x", PLAIN, every=False).rows
    assert len(rows) == 20 + 1 + 50
    assert rows[20] == "   … and 380 more that change: `nivis plan` lists them"
    # Who approves everything sees everything.
    assert len(question.of(preview, "x", PLAIN, every=True).rows) == 450


def test_everything_asks_for_a_name() -> None:
    found = question.entire(Preview(lines(delete=12)), "workspace prod", "prod", PLAIN)
    assert found.text == "Destroy all 12 resources in workspace prod? Type `prod` to go on: "


def test_control_characters_do_nothing() -> None:
    preview = Preview((Line("delete", "a\x1b[2J\n", "t", reason="\x1b"),))
    assert question.of(preview, "x", PLAIN, every=False).rows == (" - a\\u001b[2J\\n (t)  # \\u001b",)


def test_drift_is_listed() -> None:
    assert question.drift(["a", "output.b"], PLAIN) == (" ~ a", " ~ output.b")
