"""The errors of the loop: each says what is wrong, why, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import Cancelled, EngineError, GuardError, NivisError, NotConverged
from nivis_tofu.core.outcome import Line, Preview
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.run import refusals
from nivis_tofu.run.decide.pace import Pace
from tests.support.rendering import decode, document

MODULE = {"id": "module.m", "name": "m", "source": "./m", "config": {}}
CASES = [
    (refusals.too_many_phases(Pace(7, phases=7), ["b", "a"]), NotConverged, 3, "Too many phases", "After 7 phases", "a, b"),
    (refusals.oscillates(["b", "a"]), NotConverged, 3, "The configuration does not converge", "Still moving: a, b."),
    (
        refusals.foreign_change(Snapshot(lineage="l", serial=3), Snapshot()), EngineError, 1,
        "The state was changed by someone else during this run", "serial 3 of l", "serial 0 of no state",
    ),
    (
        refusals.absent_modules(list(decode(document(modules=[MODULE])).resources.values())), NivisError, 1,
        "The directory of a module is not there", "`module.m` calls `./m`", "Check the path.",
    ),
    (refusals.unsaved(Path("/x/errored.tfstate")), NivisError, 1, "The engine could not save the state", "nivis state push errored.tfstate"),
    (refusals.prevented("a.b.c"), NivisError, 1, "A resource must not be destroyed", "`a.b.c`", "Nothing was touched."),
    (refusals.prevented("a", late=True), NivisError, 1, "What the phases before it did stays"),
    (refusals.declined(), Cancelled, 1, "Cancelled. Nothing was changed."),
    (refusals.declined(before=False), Cancelled, 1, "Cancelled. Nothing more was changed."),
    (refusals.unasked("nivis apply"), NivisError, 1, "Nobody can be asked", "`nivis apply`", "-auto-approve"),
    (refusals.not_approved("F"), GuardError, 1, "Later phases are not what was approved", "since F was made"),
    (refusals.other_attribute("nivis.a", "nivis.b"), NivisError, 1, "The state belongs to another configuration", "--state b.state.json"),
    (refusals.undecided("x", "y"), NivisError, 1, "Nobody said what becomes of the state", "-force-copy"),
    (refusals.left_behind("x", "y"), NivisError, 1, "The state lies elsewhere", "nivis state migrate"),
    (refusals.state_beside_backend("s3"), NivisError, 1, "--state with a remote backend", "`s3`", "--backend local"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case[3]))
def test_each_says_what_is_wrong_why_and_what_to_do(case: tuple[NivisError, type, int, *tuple[str, ...]]) -> None:
    error, kind, code, *said = case
    assert type(error) is kind
    assert error.exit_code == code
    (found,) = error.diagnostics
    text = f"{found.summary} {found.detail} {found.hint}"
    assert all(part in text for part in said), text
    assert found.detail or kind is Cancelled
    assert found.hint or kind is Cancelled


def test_every_resource_that_must_stay_is_a_finding_of_its_own() -> None:
    assert [d.address for d in refusals.prevented("a", "b").diagnostics] == ["a", "b"]


def test_warnings_name_their_resource() -> None:
    lost = refusals.lost("a.b.c")
    assert (lost.summary, lost.severity, lost.address) == (
        "A resource of the last run may exist without being in the state", "warning", "a.b.c",
    )  # fmt: skip
    assert "nivis import a.b.c" in lost.hint
    assert "it will be created now" in lost.detail
    assert "It is not destroyed" in refusals.lost("a.b.c", destroys=True).detail
    unheard = refusals.unheard(["a.b.c", "a.b.d"])
    assert (unheard.summary, unheard.severity) == (
        "Resources of the last run may exist without being in the state", "warning",
    )  # fmt: skip
    assert "a.b.c, a.b.d. What is declared is created now" in unheard.detail
    assert "not destroyed" in refusals.unheard(["a.b.c"], destroys=True).detail
    assert "a.b.19 and 2 more." in refusals.unheard([f"a.b.{n}" for n in range(22)]).detail
    error = NivisError(Diagnostic("In use"), Diagnostic("By the way", severity="warning"))
    kept = refusals.still_in_use("a.b.c", error)
    assert (kept.summary, kept.severity) == ("An old object could not be destroyed yet", "warning")
    assert "(In use)" in kept.detail


@pytest.mark.parametrize(
    ("late", "said"), [(False, "Nothing was touched."), (True, "What the phases before it did stays")]
)
def test_no_destroy_names_what_goes(late: bool, said: str) -> None:
    lines = (Line("create", "a", "t"), Line("delete", "b", "t"), Line("replace", "c", "t"))
    (found,) = refusals.no_destroy(Preview(lines, total=3), late=late).diagnostics
    assert found.summary == "The plan destroys something"
    assert "`b` (delete), `c` (replace)" in found.detail
    assert "`a`" not in found.detail
    assert said in found.detail
