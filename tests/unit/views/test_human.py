"""Text of stdout: the contract's words, byte for byte."""

from __future__ import annotations

import re

import pytest

from nivis_tofu.core.outcome import Applied, Line, Preview, Tally
from nivis_tofu.views import human
from nivis_tofu.views.human import Style

BUCKET, NOTE = "aws.aws_s3_bucket.demo", "aws.aws_s3_object.note"
TUTORIAL = Preview((Line("create", BUCKET, "aws_s3_bucket"), Line("create", NOTE, "aws_s3_object")), total=2)


def done(*acts: tuple[str, str], phases: int = 1, total: int = 2) -> Applied:
    tally = Tally(phases=phases)
    for name, action in acts:
        tally.add(name, action, 1.0, 1)
    return Applied(tally, total)


def test_the_plan_of_the_tutorial() -> None:
    assert human.plan(TUTORIAL) == (
        " + aws.aws_s3_bucket.demo (aws_s3_bucket)\n"
        " + aws.aws_s3_object.note (aws_s3_object)\n"
        "\n"
        "2 resource(s) to resolve across phases (+ create, ~ change). Run `nivis apply`.\n"
    )


def test_the_apply_of_the_tutorial() -> None:
    assert human.applied(done((BUCKET, "create"), (NOTE, "create"), phases=2)) == (
        "Applied 2 resource(s) across 2 phase(s):\n ✓ aws.aws_s3_bucket.demo\n ✓ aws.aws_s3_object.note\n"
    )


def test_the_destroy_of_the_tutorial() -> None:
    assert human.destroyed(done((NOTE, "delete"), (BUCKET, "delete"))) == (
        "Destroyed 2 resource(s):\n - aws.aws_s3_object.note\n - aws.aws_s3_bucket.demo\n"
    )
    assert human.destroyed(done()) == "Nothing to destroy.\n"


def test_nothing_to_do() -> None:
    text = "No changes. 2 resource(s) up to date.\n"
    assert human.plan(Preview((Line("noop", "a"), Line("read", "b")), total=2)) == text
    assert human.applied(done()) == text
    assert human.plan(Preview((Line("noop", "a", "t"),), total=2), everything=True) == f" = a (t)\n\n{text}"


def test_every_marker_and_its_legend() -> None:
    lines = (
        Line("update", "u", "t"),
        Line("replace", "r", "t", note="because"),
        Line("delete", "d", "t"),
        Line("noop", "n", "t"),
        Line("read", "data.x", "t"),
        Line("unknown", "later", waits_for="a.id, b.id"),
        Line("move", "m", "t", previous="old"),
        Line("import", "i", "t"),
        Line("forget", "f", "t"),
    )
    text = human.plan(Preview(lines, (("o", "update"),), total=9))
    assert text == (
        " ~ u (t)\n -/+ r (t)  because\n - d (t)\n r data.x (t)\n ? later (waits for a.id, b.id)\n"
        " > m (t)  from old\n < i (t)\n x f (t)\n ~ output.o\n\n"
        "7 resource(s) to resolve across phases (+ create, ~ change, -/+ replace, - destroy, "
        "? existence not known yet, > moved, < imported, x forgotten, not destroyed). Run `nivis apply`.\n"
    )


def test_outputs_alone() -> None:
    expected = " ~ output.x\n\n0 resource(s) to resolve, 1 output(s) change. Run `nivis apply`.\n"
    assert human.plan(Preview((Line("noop", "a"),), (("x", "update"),))) == expected


def test_what_was_not_a_creation_says_so() -> None:
    result = done(("a", "update"), ("b", "delete"), ("b", "create"), ("c", "delete"), ("data.d", "read"))
    assert human.applied(result) == (
        "Applied 3 resource(s) across 1 phase(s):\n ✓ a  updated\n ✓ b  replaced\n ✓ c  destroyed\n ✓ data.d  read\n"
    )


@pytest.mark.parametrize("preview", [TUTORIAL, Preview((Line("replace", "x"), Line("forget", "y")))])
def test_colour_changes_nothing_else(preview: Preview) -> None:
    coloured = human.plan(preview, Style(colour=True))
    assert coloured != human.plan(preview)
    assert re.sub(r"\x1b\[[0-9]*m", "", coloured) == human.plan(preview)


def test_nothing_done_is_nothing_told() -> None:
    assert human.recap(Applied(Tally(failed=["b"]), 3), human.applied) == ""
