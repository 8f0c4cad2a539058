"""Phase after phase: what a run costs, what it asks, what stops it, and what is left after a failure."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from nivis_tofu.core.errors import ExitCode, GuardError, NivisError
from nivis_tofu.core.outcome import Applied, Preview
from nivis_tofu.run.decide import pace
from nivis_tofu.run.loop import Run
from nivis_tofu.run.one_plan import OnePlan
from nivis_tofu.run.session import Session
from nivis_tofu.system.journal import Journal
from tests.support.played import Ledger, Play, Played, computed, document, ref, thing, value


def chain(v: str = "x", **more: Any) -> Any:
    """Three phases of a fresh run: c is computed from b, b from a."""
    return lambda ledger: document(
        thing("a", v, **more), thing("b", computed(ledger, "a")), thing("c", computed(ledger, "b")),
        outputs={"o": {"value": ref("c", "out")}},
    )  # fmt: skip


def run(played: Played, **options: Any) -> Applied:
    return Run(played.session(**options)).apply()


def failure(result: Applied) -> NivisError:
    assert result.error is not None
    return result.error


def words(played: Played) -> list[str]:
    return [call[0] for call in played.engine.calls]


def test_a_fresh_run_costs_one_apply_and_then_a_plan_and_an_apply_for_each_phase(play: Play) -> None:
    played = play(chain())
    result = run(played)
    assert words(played) == ["init", "providers", "apply", *["plan", "apply"] * 2]
    assert (result.tally.phases, result.complete, list(result.tally.acted)) == (3, True, ["p.t.a", "p.t.b", "p.t.c"])
    assert result.outputs == {"o": "<id-b-1>!"}


def test_an_unchanged_run_costs_one_plan(play: Play) -> None:
    played = play(chain()).applied()
    result = run(played)
    assert words(played) == ["plan"]
    assert (result.complete, result.tally.steps, result.total, result.outputs_changed) == (True, [], 3, False)


def test_a_plan_after_an_apply_shows_nothing_and_changes_nothing(play: Play) -> None:
    played = play(chain()).applied()
    before = played.engine.state_file.read_bytes()
    assert Run(played.session()).plan().empty
    assert played.engine.state_file.read_bytes() == before


def test_a_replacement_reaches_who_was_computed_from_it(play: Play) -> None:
    played = play(chain(force="1")).applied()
    played.flake = chain(force="2")
    result = run(played)
    assert {i: a.word for i, a in result.tally.acted.items()} == {"p.t.a": "replaced", "p.t.b": "updated"}
    assert played.engine.objects()["t.b"]["v"] == "<id-a-2>"


def test_a_failure_tells_what_was_done_and_what_was_not_started(play: Play) -> None:
    played = play(chain())
    played.engine.fails = {"t.b"}
    result = run(played)
    assert "t.b cannot be made" in str(failure(result).diagnostics)
    assert (list(result.tally.acted), result.tally.failed, result.not_started) == (["p.t.a"], ["p.t.b"], ("p.t.c",))
    assert (result.complete, result.outputs) == (False, {})
    played.engine.fails = set()
    assert [s.id for s in run(played).tally.steps] == ["p.t.b", "p.t.c"], "the next run goes on"


@pytest.mark.parametrize(
    ("how", "lost"),
    [
        # One more for each line that the engine says after its version.
        ("new", ["", "a", "a", "a b", "a b"]),
        ("replaced", ["", "", "", "a", "a"]),
        ("new first", ["", "a", "a", "a", "a"]),
    ],
)
@pytest.mark.parametrize("one_plan", ["off", "on"])
@pytest.mark.parametrize(("code", "said"), [(0, "OpenTofu reports success"), (-9, "OpenTofu crashed")])
def test_what_an_engine_made_that_died_is_named_wherever_it_died_and_whatever_its_exit_code(
    play: Play, monkeypatch: pytest.MonkeyPatch, how: str, lost: list[str], one_plan: str, code: int, said: str
) -> None:
    # Whatever calls may have to do with a failure, this one is no refusal and waits for nothing.
    monkeypatch.setattr(OnePlan, "gives_up", lambda _: True)
    monkeypatch.setattr(OnePlan, "waits_now", lambda _: True)
    meta = {"lifecycle": {"createBeforeDestroy": True}} if how == "new first" else {}
    old, new = (lambda _, f=f: document(thing("a", force=f, meta=meta), thing("b", "x")) for f in "12")
    played = play(new)
    for number, names in enumerate(lost):
        if how == "new":
            played.engine.state_file.unlink(missing_ok=True)
        else:
            played.applied(old)
            played.flake = new
        played.engine.dies["apply"] = (code, number + 1)
        result = run(played, one_plan=one_plan)
        assert failure(result).diagnostics[0].summary.startswith(said)
        assert result.lost == tuple(f"p.t.{name}" for name in names.split())
        assert not run(played, one_plan=one_plan).error, "the next run goes on"


@pytest.mark.parametrize("there", [False, True], ids=["nothing else", "something else"])
@pytest.mark.parametrize("verb", ["apply", "destroy", "apply FILE", "apply FILE that destroys"])
def test_no_run_forgets_what_the_one_before_may_have_made(play: Play, verb: str, there: bool) -> None:
    """It was killed together with its engine, before any state was written."""
    played = play(lambda _: document(thing("a", "x"), thing("b", "x")))
    if there:
        played.applied(lambda _: document(thing("a", "x")))
        played.flake = lambda _: document(thing("a", "x"), thing("b", "x"))
    words = verb.split()[0], *(["file"] if "FILE" in verb else []), "-auto-approve"
    if "FILE" in verb:
        made = played.nivis("plan", "-out", "file", *(["-destroy"] if "destroys" in verb else []))
        assert made.code == 0, made.err
    journal = Journal(played.directory / ".nivis/journal.jsonl")
    journal.begin()
    journal.note("phase", phase=1)
    journal.note("start", id="p.t.b", action="create")
    said = played.nivis(*words)
    assert said.code == 0, said.err
    assert "A resource of the last run may exist without being in the state" in said.err
    assert "nivis import p.t.b" in said.err
    assert ("It is not destroyed" in said.err) == ("destroy" in verb)
    assert "may exist" not in played.nivis("apply", "-auto-approve").err or (verb, there) == ("destroy", False)


@pytest.mark.parametrize("lines", [0, 1, 2])
def test_a_plan_that_broke_off_is_not_taken_for_one_without_changes(play: Play, lines: int) -> None:
    played = play(lambda _: document(thing("a", "old"))).applied()
    played.flake = lambda _: document(thing("a", "new"))
    played.engine.dies["plan"] = (0, lines)
    result = run(played)
    assert failure(result).diagnostics[0].summary == "OpenTofu reports success and did not come to its end"
    assert (words(played), result.lost) == (["plan"], ())


@pytest.mark.parametrize("before", [False, True], ids=["the first run", "a later run"])
def test_a_plan_that_fails_starts_nothing_and_leaves_nothing_unstarted(play: Play, *, before: bool) -> None:
    played = play(chain())
    if before:
        played.applied(chain("old"))
        played.flake = chain()
    played.engine.refuses["plan" if before else "apply"] = "No such thing"
    result = run(played)
    assert failure(result).diagnostics[0].summary == "No such thing"
    assert (result.not_started, result.tally.acted, result.half) == ((), {}, {})


def test_another_state_between_two_phases_stops_the_run(play: Play) -> None:
    def flake(ledger: Ledger) -> dict[str, Any]:
        if ledger["phase"] == 2:
            raw = json.loads(played.engine.state_file.read_text())
            played.engine.state_file.write_text(json.dumps({**raw, "serial": raw["serial"] + 1}))
        return document(thing("a", "x"), thing("b", computed(ledger, "a")))

    played = play(flake)
    result = run(played)
    assert failure(result).diagnostics[0].summary == "The state was changed by someone else during this run"
    assert set(played.engine.objects()) == {"t.a"}


def test_a_configuration_that_never_converges_is_stopped(play: Play) -> None:
    def swings(ledger: Ledger) -> dict[str, Any]:
        return document(thing("a", "x" if ledger["outputs"].get("p.t.a", {}).get("v") != "x" else "y"))

    result = run(play(swings))
    assert failure(result).exit_code == ExitCode.NOT_CONVERGED
    assert "p.t.a" in str(failure(result).diagnostics)


def test_there_is_a_last_phase(play: Play) -> None:
    numbers = itertools.count()
    played = play(lambda ledger: document(thing("a", f"v{next(numbers)}{ledger['outputs'] and ''}")))
    result = run(played, max_phases=3)
    assert failure(result).exit_code == ExitCode.NOT_CONVERGED
    assert result.tally.phases == 3


def deep(depth: int) -> Callable[[Ledger], dict[str, Any]]:
    return lambda ledger: document(
        thing("n0", "x"), *(thing(f"n{i}", computed(ledger, f"n{i - 1}")) for i in range(1, depth))
    )


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run stops after a few phases that bring it nowhere."""
    monkeypatch.setattr(pace, "AGAIN", 3)
    monkeypatch.setattr(pace, "GROWING", 6)


@pytest.mark.usefixtures("impatient")
def test_depth_is_no_reason_to_stop(play: Play) -> None:
    result = run(play(deep(12)))
    assert result.error is None
    assert result.complete
    assert (result.tally.phases, len(result.tally.acted)) == (12, 12)


@pytest.mark.usefixtures("impatient")
def test_what_does_the_same_again_and_again_is_stopped_without_a_flag(play: Play) -> None:
    """Every value is a new one, so that no phase is like one before; the chain below it goes on until it has ended."""
    numbers = itertools.count()

    def flake(ledger: Ledger) -> dict[str, Any]:
        found = deep(8)(ledger)
        return {**found, "resources": [*found["resources"], thing("a", f"v{next(numbers)}{ledger['outputs'] and ''}")]}

    result = run(play(flake))
    assert failure(result).exit_code == ExitCode.NOT_CONVERGED
    assert "Still moving: p.t.a. The last 3 did nothing for the first time." in str(failure(result).diagnostics)
    assert {f"p.t.n{i}" for i in range(8)} <= {*result.tally.acted}


@pytest.mark.usefixtures("impatient")
def test_what_brings_ever_more_is_stopped(play: Play) -> None:
    """Each member of a group brings another group."""

    def flake(ledger: Ledger) -> dict[str, Any]:
        there = sum(value(ledger, f"n{i}") is not None for i in range(20))
        waiting = [{"name": f"g{there}", "refs": [{"resource": f"p.t.n{there}", "path": ["id"]}]}]
        return document(*(thing(f"n{i}", "x") for i in range(there + 1)), pending=waiting)

    result = run(play(flake))
    assert failure(result).diagnostics[0].summary == "Too many phases"
    assert "Ever more comes" in failure(result).diagnostics[0].detail
    assert len(result.tally.acted) == 7


def test_what_was_not_announced_is_not_done(play: Play) -> None:
    def flake(ledger: Ledger) -> dict[str, Any]:
        later = value(ledger, "a") is not None
        return document(thing("a", "x"), thing("b", computed(ledger, "a")), *([] if later else [thing("kept", "x")]))

    played = play(lambda _: document(thing("kept", "x"))).applied()
    played.flake = flake
    result = run(played)
    assert isinstance(failure(result), GuardError)
    assert "t.kept" in played.engine.objects()
    assert list(result.tally.acted) == ["p.t.a"]


class Asked:
    """Somebody who answers, and remembers what was shown."""

    def __init__(self, answer: bool) -> None:
        self.answer, self.shown = answer, list[Preview]()

    def __call__(self, _: Session, preview: Preview) -> bool:
        self.shown.append(preview)
        return self.answer


@pytest.mark.parametrize("answer", [True, False])
def test_a_replacement_is_asked_about_before_anything_is_done(play: Play, *, answer: bool) -> None:
    played = play(chain(force="1")).applied()
    played.flake = chain(force="2")
    asked = Asked(answer)
    result = Run(played.session(), ask=asked).apply()
    (shown,) = asked.shown
    assert [(line.id, line.action) for line in shown.destructive] == [("p.t.a", "replace")]
    assert not shown.entire
    assert bool(result.tally.acted) is answer
    assert (result.error is None) is answer


def test_what_only_adds_and_changes_is_not_asked_about(play: Play) -> None:
    played = play(chain())
    asked = Asked(False)
    assert Run(played.session(), ask=asked).apply().error is None
    played.flake = chain("y")
    assert Run(played.session(), ask=asked).apply().error is None
    assert asked.shown == []


def test_on_wish_everything_is_asked_about_once(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIVIS_ASK", "always")
    asked = Asked(True)
    result = Run(play(chain()).session(), ask=asked).apply()
    assert [line.id for line in asked.shown[0].lines] == ["p.t.a", "p.t.b", "p.t.c"]
    assert (len(asked.shown), result.tally.phases) == (1, 3)


@pytest.mark.parametrize("verb", ["apply", "destroy"])
def test_where_nothing_may_be_destroyed_nothing_is_begun(play: Play, verb: str) -> None:
    played = play(chain(force="1")).applied()
    played.flake = chain(force="2")
    result = getattr(Run(played.session(no_destroy=True)), verb)()
    assert result.error is not None
    assert not played.engine.said("apply")


def test_a_protected_user_of_what_is_replaced_stops_the_run_before_it(play: Play) -> None:
    def flake(force: str) -> Any:
        lifecycle = {"lifecycle": {"preventDestroy": True}}
        return lambda ledger: document(
            thing("a", "x", force=force), thing("b", "x", force=computed(ledger, "a"), meta=lifecycle)
        )

    played = play(flake("1")).applied()
    played.flake = flake("2")
    result = run(played)
    assert "p.t.b" in str(failure(result).diagnostics)
    assert set(played.engine.objects()) == {"t.a", "t.b"}
    assert not played.engine.said("apply")


def test_a_user_that_goes_with_what_is_replaced_goes_first(play: Play) -> None:
    def flake(force: str) -> Any:
        return lambda ledger: document(thing("a", "x", force=force), thing("b", "x", force=computed(ledger, "a")))

    played = play(flake("1")).applied()
    played.flake = flake("2")
    result = run(played)
    steps = [(s.phase, s.id, s.action) for s in result.tally.steps]
    assert steps.index((1, "p.t.b", "delete")) < steps.index((1, "p.t.a", "delete"))
    assert steps[-1] == (2, "p.t.b", "create")
    assert {i: a.word for i, a in result.tally.acted.items()} == {"p.t.a": "replaced", "p.t.b": "replaced"}


def test_a_run_may_stop_after_a_phase(play: Play) -> None:
    result = Run(play(chain()).session(), stop_after=2).apply()
    assert (result.tally.phases, result.complete, result.error) == (2, False, None)


def test_a_destroy_takes_everything_that_the_flake_knows_or_not(play: Play) -> None:
    played = play(chain()).applied()
    played.flake = lambda _: document(thing("a", "x"))
    preview = Run(played.session()).plan_destroy()
    result = Run(played.session()).destroy()
    assert {line.id for line in preview.lines} == set(result.tally.acted) == {"p.t.a", "p.t.b", "p.t.c"}
    assert (result.total, result.complete, result.outputs, played.engine.objects()) == (3, True, {}, {})


def test_a_destroy_of_nothing_takes_the_lock_and_no_more(play: Play) -> None:
    played = play(chain())
    assert Run(played.session()).destroy().tally.acted == {}
    assert words(played) == ["init", "providers", "taint"]
    played.engine.calls.clear()
    Run(played.session(lock=False)).destroy()
    assert words(played) == []


def test_a_state_that_was_not_saved_stops_every_run(play: Play) -> None:
    played = play(chain()).applied()
    (played.directory / "errored.tfstate").write_text(played.engine.state_file.read_text())
    with pytest.raises(NivisError, match="The engine could not save the state") as error:
        Run(played.session()).plan()
    assert "errored.tfstate" in str(error.value.diagnostics)
    assert played.engine.calls == []
