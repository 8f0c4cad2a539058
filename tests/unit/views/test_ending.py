"""How a run ends: totals, outputs, and after a failure what is left and what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nivis_tofu.core.errors import Cancelled, EngineError, GuardError, Interrupted, NivisError, NotConverged
from nivis_tofu.core.outcome import Applied, Hidden, Tally
from nivis_tofu.views import ending
from nivis_tofu.views.ending import Talk

APPLY, DESTROY = Talk("apply"), Talk("destroy")
BROKEN = EngineError.of("broken")
MENDED = "next: `nivis apply` goes on from here, once the cause is mended."


def done(*steps: tuple[int, str, str], **more: Any) -> Applied:
    tally = Tally()
    for phase, name, action in steps:
        tally.add(name, action, 1.0, phase)
    return Applied(tally, 9, seconds=20.2, **more)


@pytest.mark.parametrize(
    ("result", "talk", "text"),
    [
        (done(), APPLY, ""),
        (done(error=BROKEN), APPLY, ""),
        (done(outputs_changed=True), APPLY, "Applied in 20 s: 0 added, 0 changed, 0 destroyed."),
        (done((1, "a", "create")), APPLY, "Applied in 20 s: 1 added, 0 changed, 0 destroyed; 1 phase."),
        (
            done((1, "a", "create"), (1, "d", "read"), (1, "b", "update"), (2, "c", "delete"), (2, "c", "create")),
            APPLY,
            "Applied in 20 s: 2 added, 1 changed, 1 destroyed; phases 2 + 1.",
        ),
        # A replacement over two phases is one thing in each.
        (done((1, "a", "delete"), (2, "a", "create")), APPLY, "Applied in 20 s: 1 added, 0 changed, 1 destroyed; phases 1 + 1."),
        # A phase that only read is none, as in the list on stdout.
        (done((1, "d", "read"), (2, "a", "create")), APPLY, "Applied in 20 s: 1 added, 0 changed, 0 destroyed; 1 phase."),
        (done((1, "a", "forget")), APPLY, "Applied in 20 s: 0 added, 0 changed, 0 destroyed, 1 forgotten; 1 phase."),
        (done((1, "a", "delete"), (1, "b", "delete")), DESTROY, "Destroyed in 20 s: 2 destroyed."),
        (done((1, "a", "create"), error=BROKEN), APPLY, "Stopped after 20 s: 1 added, 0 changed, 0 destroyed; 1 phase."),
        (done((1, "a", "create"), error=Cancelled.of("")), APPLY, "Cancelled after 20 s: 1 added, 0 changed, 0 destroyed; 1 phase."),
    ],
)  # fmt: skip
def test_totals(result: Applied, talk: Talk, text: str) -> None:
    assert ending.totals(result, talk.verb) == text


def test_what_was_imported_is_counted_changed_or_not() -> None:
    result = done((1, "a", "import"), (1, "b", "update"))
    result.tally.imported |= {"a", "b"}
    assert ending.totals(result, "apply") == "Applied in 20 s: 2 imported, 0 added, 1 changed, 0 destroyed; 1 phase."


def test_durations() -> None:
    assert [ending.duration(s) for s in (0.4, 59.4, 200, 3783)] == ["0 s", "59 s", "3 min 20 s", "1 h 3 min"]


def test_outputs_follow_without_secrets() -> None:
    values = {"list": ["a", "b"], "none": None, "pw": Hidden("(sensitive)"), "text": "x\n\x1b[2J" + "y" * 300}
    assert ending.told(done((1, "a", "create"), outputs=values), APPLY)[1:] == [
        "Outputs:",
        " list = [a b]",
        " none = <nil>",
        " pw = (sensitive)",
        f" text = x\\n\\u001b[2J{'y' * 188}…",
    ]
    # Where nothing was done there is nothing to say.
    assert ending.told(done(outputs=values), APPLY) == []
    many = ending.outputs({str(n): n for n in range(25)})
    assert many[-1] == " … and 5 more: `nivis output` shows all"


def test_the_end_of_a_refresh() -> None:
    assert ending.refreshed(0, 0, 3.0, {"x": 1}) == []
    assert ending.refreshed(2, 1, 3.0, {"x": 1}) == ["Refreshed in 3 s: 2 changed, 1 gone.", "Outputs:", " x = 1"]


def test_what_a_failure_leaves() -> None:
    tally = Tally(failed=["b", "b"], unfinished=["c"])
    result = Applied(tally, 3, error=BROKEN, not_started=("d",), half={"e": "none", "f": "both"})
    assert ending.left(result) == [
        "failed: b",
        "unfinished, its end was not reported: c",
        "replaced half-way, the old object is gone and there is no new one yet: e",
        "replaced half-way, the new object is there and the old one still has to go: f",
        "not started: d",
    ]
    many = ending.left(replace(result, not_started=tuple(map(str, range(387)))))
    assert (len(many), many[-1]) == (25, " … and 367 more: .nivis/report.json lists them")


@pytest.mark.parametrize(
    ("error", "more", "talk", "steps"),
    [
        (BROKEN, {}, APPLY, [MENDED]),
        (BROKEN, {}, DESTROY, [MENDED.replace("apply", "destroy")]),
        (Interrupted(), {}, APPLY, ["next: `nivis apply` goes on from here."]),
        (BROKEN, {}, Talk("apply", options=True), [MENDED.replace("`nivis apply`", "`nivis apply` with the same options")]),
        (BROKEN, {}, Talk("apply", flags=" --one-plan"), [MENDED.replace("apply", "apply --one-plan")]),
        (BROKEN, {"tainted": ("a b",)}, APPLY, ["next: to keep what did not come up whole, instead of having it replaced:", "  nivis untaint 'a b'", MENDED]),
        (BROKEN, {"lost": ("a",)}, APPLY, ["next: these may exist without the state knowing them, and would be made twice; take over what exists:", "  nivis import a ITS-ID", MENDED]),
        (BROKEN, {"unsaved": "errored.tfstate"}, APPLY, ["next: `nivis apply` goes on from here, once the cause is mended and errored.tfstate is pushed."]),
        (BROKEN, {}, Talk("apply", "p.tfplan"), ["next: the plan is used up; `nivis plan -out p.tfplan` makes one of what is left."]),
        # Their own hints say what to do: going on would end in the same way.
        (GuardError.of("no"), {}, APPLY, []),
        (NotConverged.of("no"), {}, APPLY, []),
        (Cancelled.of("no"), {}, APPLY, []),
    ],
)  # fmt: skip
def test_what_to_do_next(error: NivisError, more: dict[str, Any], talk: Talk, steps: list[str]) -> None:
    assert ending.next_steps(done((1, "x", "create"), error=error, **more), talk) == steps
    # Before anything was done the error says it all.
    assert ending.next_steps(done(error=error), talk) == []


@pytest.mark.parametrize("error", [BROKEN, Interrupted()])
def test_an_engine_that_was_killed_may_leave_its_lock(error: NivisError) -> None:
    steps = ending.next_steps(Applied(Tally(unfinished=["a"]), 1, error=error), APPLY)
    assert any("`nivis force-unlock ID`" in step for step in steps)
