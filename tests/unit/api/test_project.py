"""A project in a program, with Nix and the engine played."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, assert_type

import pytest

from nivis_tofu import (
    EngineError,
    Event,
    Interrupted,
    Json,
    NivisError,
    OutputValues,
    Plan,
    PlanStale,
    Project,
    ProjectLocked,
    RefreshResult,
    RunResult,
    State,
    events,
)
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.system import process
from nivis_tofu.system.signals import Stop
from tests.support.played import Ledger, Play, Played, computed, document, ref, thing
from tests.support.played_engine import PlayedEngine

OUTPUTS = {"id": {"value": ref("a")}, "pw": {"value": ref("a", "pw"), "sensitive": True}}


def two_phases(ledger: Ledger) -> dict[str, Any]:
    """`b` is computed from `a`."""
    given = ledger["vars"].get("v", "1")
    return document(thing("a", given), thing("b", computed(ledger, "a")), outputs=OUTPUTS)


def replacing(_: Ledger) -> dict[str, Any]:
    return document(thing("a", "1", force="x"), thing("c"))


def project(played: Played, **options: Any) -> Project:
    return Project(played.directory, **options)


def did(result: RunResult) -> list[tuple[str, str, int]]:
    return [(c.id.removeprefix("p.t."), c.action, c.phase) for c in result.changes]


@pytest.fixture
def played(play: Play) -> Played:
    return play(two_phases)


def test_from_nothing_to_nothing(played: Played, capfd: pytest.CaptureFixture[str]) -> None:
    here = project(played)
    plan = here.plan()
    assert [(c.id, c.action, c.type, c.phase) for c in plan.changes] == [
        ("p.t.a", "create", "t", 1),
        ("p.t.b", "create", "t", 2),
    ]
    assert (plan.outputs, plan.complete, plan.phases) == ({"id": "create", "pw": "create"}, False, 2)
    result = here.apply(plan)
    assert did(result) == [("a", "create", 1), ("b", "create", 2)]
    assert (result.complete, result.phases, result.outputs["id"]) == (True, 2, "id-a-1")
    assert here.output() == result.outputs
    assert here.output("id", str) == "id-a-1"
    assert here.plan().empty
    assert did(here.apply()) == []
    state = here.state()
    assert {i: r.address for i, r in state.resources.items()} == {"p.t.a": "t.a", "p.t.b": "t.b"}
    assert (state.resources["p.t.b"].type, state.resources["p.t.b"].attributes["v"]) == ("t", "<id-a-1>")
    assert state.outputs == result.outputs
    assert [c.action for c in here.plan(destroy=True).changes] == ["delete", "delete"]
    gone = here.destroy()
    assert did(gone) == [("b", "delete", 1), ("a", "delete", 1)]
    assert (gone.outputs, here.output(), here.state().resources) == ({}, {"id": None, "pw": None}, {})
    assert capfd.readouterr() == ("", "")


def test_types_of_what_comes_back(played: Played) -> None:
    """Checked by mypy, too."""
    here = Project(played.directory)
    assert_type(here.plan(), Plan)
    assert_type(here.apply(), RunResult)
    assert_type(here.refresh(), RefreshResult)
    assert_type(here.output(), OutputValues)
    assert_type(here.output("id"), Json)
    assert_type(here.output("id", str), str)
    assert_type(here.state(), State)
    assert_type(here.validate(), tuple[Diagnostic, ...])
    assert_type(here.destroy(), RunResult)


def test_secrets_are_in_values_and_in_no_text(played: Played) -> None:
    here = project(played)
    result = here.apply()
    secret = played.engine.objects()["t.a"]["pw"]
    assert (here.output("pw"), here.state().resources["p.t.a"].attributes["pw"]) == (secret, secret)
    assert result.outputs.sensitive == {"pw"}
    plan = project(played, variables={"v": "2"}).plan(detail=True)
    assert next(c.attributes for c in plan.changes if c.id == "p.t.a")
    for value in (result, here.output(), here.state(), plan):
        assert repr(secret) not in repr(value)


def test_a_plan_is_what_is_applied(played: Played) -> None:
    """All of it, and nothing that came later."""
    here = project(played)
    plan = here.plan()
    played.flake = lambda ledger: document(thing("a", "1"), thing("b", computed(ledger, "a")), thing("more"))
    with pytest.raises(NivisError, match="Later phases are not what was approved") as caught:
        here.apply(plan)
    assert caught.value.run_result
    assert did(caught.value.run_result) == [("a", "create", 1)]
    assert did(here.apply()) == [("b", "create", 1), ("more", "create", 1)]


def test_a_plan_that_is_stale(played: Played) -> None:
    here = project(played)
    plan = here.plan()
    here.apply()
    with pytest.raises(PlanStale, match="The plan is stale") as caught:
        here.apply(plan)
    assert "`project.plan()`" in caught.value.diagnostics[0].hint
    assert caught.value.run_result is None


def test_plans_that_cannot_be_applied(played: Played) -> None:
    here = project(played)
    with pytest.raises(NivisError, match="The plan was not saved"):
        here.apply(here.plan(save=False))
    other = played.directory.parent / "other"
    other.mkdir()
    (other / "flake.nix").write_text("{ }")
    with pytest.raises(NivisError, match="The plan is of another project"):
        Project(other).apply(here.plan())


def test_a_plan_with_other_variables_than_are_given_now(played: Played) -> None:
    plan = project(played, variables={"v": "2"}).plan()
    with pytest.raises(NivisError, match="made with another value of `v`"):
        project(played, variables={"v": "3"}).apply(plan)
    assert did(project(played, variables={"v": "2"}).apply(plan)) == [("a", "create", 1), ("b", "create", 2)]
    assert played.engine.objects()["t.a"]["v"] == "2"


def test_a_plan_of_a_destroy_and_one_of_a_refresh(played: Played) -> None:
    here = project(played)
    here.apply()
    played.engine.real["t.a"] = None
    drift = here.plan(refresh_only=True)
    assert ([(d.id, d.gone) for d in drift.drift], drift.empty, drift.changes) == ([("p.t.a", True)], True, ())
    played.engine.real.clear()
    assert did(here.apply(here.plan(destroy=True))) == [("b", "delete", 1), ("a", "delete", 1)]


def test_stopping_after_a_phase(played: Played) -> None:
    here = project(played)
    result = here.apply(stop_after_phase=1)
    assert (did(result), result.complete) == ([("a", "create", 1)], False)
    here.destroy()
    result = here.apply(here.plan(), stop_after_phase=1)
    assert (did(result), result.complete) == ([("a", "create", 1)], False)


def test_no_destruction(played: Played) -> None:
    here = project(played, no_destroy=True)
    here.apply()
    played.flake = replacing
    for call in (here.plan, here.apply, here.destroy):
        with pytest.raises(NivisError, match="The plan destroys something"):
            call()
    assert [c.id for c in here.plan(no_destroy=False).destroys] == ["p.t.a", "p.t.b"]
    assert did(here.apply(target="p.t.c")) == [("c", "create", 1)]


def test_a_failure_says_how_far_it_came_and_the_next_run_goes_on(played: Played) -> None:
    here = project(played)
    played.engine.fails.add("t.b")
    with pytest.raises(EngineError) as caught:
        here.apply()
    (found,) = caught.value.diagnostics
    assert found.address == "p.t.b"
    assert found.summary
    result = caught.value.run_result
    assert result
    assert (did(result), result.failed, result.complete, result.outputs) == (
        [("a", "create", 1)],
        ("p.t.b",),
        False,
        {},
    )
    assert found.summary in caught.value.__notes__[0]
    played.engine.fails.clear()
    assert did(here.apply()) == [("b", "create", 1)]


def test_events_reach_the_callback_of_their_project(played: Played) -> None:
    heard: list[Event] = []
    project(played, on_event=heard.append).apply()
    assert [e.id for e in heard if isinstance(e, events.Done)] == ["p.t.a", "p.t.b"]


def test_a_callback_that_fails_stops_nothing(played: Played) -> None:
    def callback(event: Event) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        project(played, on_event=callback).apply()
    assert len(played.engine.objects()) == 2


Door = Callable[..., process.Completed]


def at_apply(monkeypatch: pytest.MonkeyPatch, act: Callable[[Stop], None]) -> None:
    """Do something in the first apply, when it has acted; as in a real one, a run that is to stop stops then."""
    door, acted = process.stream, list[bool]()

    def stream(argv: Sequence[str], *, stop: Stop, **more: Any) -> process.Completed:
        done = door(argv, **more)
        if argv[1] == "apply" and not acted:
            acted.append(True)
            act(stop)
            stop.check()
        return done

    monkeypatch.setattr(process, "stream", stream)


def test_a_run_is_cancelled_and_the_next_goes_on(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    here = project(played)
    assert here.cancel() is False
    stopped: list[bool] = []

    def cancel(_: Stop) -> None:
        thread = threading.Thread(target=lambda: stopped.append(here.cancel()))
        thread.start()
        thread.join()

    at_apply(monkeypatch, cancel)
    with pytest.raises(Interrupted) as caught:
        here.apply()
    assert (stopped, caught.value.signal, here.cancel()) == ([True], 0, False)
    assert caught.value.run_result
    assert did(caught.value.run_result) == [("a", "create", 1)]
    assert did(here.apply()) == [("b", "create", 1)]


def test_only_who_is_meant_is_cancelled(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    at_apply(monkeypatch, lambda _: print(project(played).cancel()))
    assert project(played).apply().complete


def test_cancelled_twice_is_cancelled_once_but_by_force(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    here, asked = project(played), list[Stop]()

    def ask(stop: Stop) -> None:
        stop.asked = True
        asked.append(stop)

    monkeypatch.setattr(Stop, "ask", ask)

    def twice(_: Stop) -> None:
        here.cancel()
        here.cancel()
        assert len(asked) == 1
        here.cancel(force=True)
        assert len(asked) == 2

    at_apply(monkeypatch, twice)
    here.apply()


def test_a_signal_that_the_engine_was_told_of_goes_to_whom_it_belongs(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state is saved, and a program that was interrupted is interrupted."""

    def interrupted(_: Stop) -> None:
        raise Interrupted(Diagnostic("Interrupted"), signal=signal.SIGINT)

    at_apply(monkeypatch, interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            project(played).apply()
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_signal_whose_handler_goes_on_is_an_error(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[int] = []

    def interrupted(_: Stop) -> None:
        raise Interrupted(Diagnostic("Interrupted"), signal=signal.SIGTERM)

    at_apply(monkeypatch, interrupted)
    before = signal.signal(signal.SIGTERM, lambda number, _: noted.append(number))
    try:
        with pytest.raises(Interrupted):
            project(played).apply()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert noted == [signal.SIGTERM]


def test_a_second_run_of_the_same_project_is_refused_by_name(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[str] = []

    def second(_: Stop) -> None:
        with pytest.raises(ProjectLocked) as caught:
            project(played).plan()
        found.append(caught.value.diagnostics[0].detail)
        assert project(played).output("id") == "id-a-2"  # who only reads is not kept out

    project(played).apply(stop_after_phase=1)
    project(played).destroy()
    at_apply(monkeypatch, second)
    project(played).apply()
    assert "`Project.apply`" in found[0]


def test_two_projects_in_two_threads(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are in the middle of an apply at once; what each hears and gets is its own."""
    other = played.directory.parent / "other"
    other.mkdir()
    (other / "flake.nix").write_text("{ }")
    (other / ".nivis").mkdir()
    engines = {played.directory: played.engine, other: PlayedEngine(other / "nivis.state.json")}
    meeting = threading.Barrier(2, timeout=20)

    class Both(PlayedEngine):
        def run(self, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> tuple[int, list[str]]:
            if argv[0] == "apply":
                meeting.wait()
            return engines[next(p for p in engines if cwd.is_relative_to(p))].run(argv, cwd, env)

    played.engine = Both(other)
    heard: dict[Path, list[str]] = {path: [] for path in engines}
    done: dict[Path, RunResult] = {}

    def apply(path: Path) -> None:
        note = lambda e: heard[path].append(e.id) if isinstance(e, events.Done) else None  # noqa: E731
        done[path] = Project(path, on_event=note, variables={"v": path.name}).apply()

    threads = [threading.Thread(target=apply, args=(path,)) for path in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for path in engines:
        assert did(done[path]) == [("a", "create", 1), ("b", "create", 2)]
        assert heard[path] == ["p.t.a", "p.t.b"]
        assert Project(path).state().resources["p.t.a"].attributes["v"] == path.name


def test_nothing_of_the_process_is_changed(played: Played) -> None:
    umask = os.umask(0)
    os.umask(umask)

    def process_wide() -> tuple[Any, ...]:
        handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP)]
        now = os.umask(umask)
        return (
            now,
            Path.cwd(),
            dict(os.environ),
            handlers,
            sys.excepthook,
            sys.getrecursionlimit(),
            threading.active_count(),
        )

    before = process_wide()
    here = project(played)
    here.apply(here.plan())
    here.destroy()
    assert process_wide() == before


def test_the_environment_is_the_one_that_was_given(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    env = {**os.environ, "NIVIS_VAR_v": "given", "A_TOKEN": "x"}
    monkeypatch.setenv("NIVIS_VAR_v", "of the process")
    monkeypatch.delenv("A_TOKEN", raising=False)
    project(played, env=env, workspace="prod").apply(target="p.t.a")
    assert played.engine.objects()["t.a"]["v"] == "given"
    assert {e.get("A_TOKEN") for e in played.engine.environments} == {"x"}
    assert {e.get("TF_WORKSPACE") for e in played.engine.environments} == {"prod"}


def test_a_relative_path_is_of_the_moment_when_the_project_was_named(
    played: Played, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(played.directory.parent)
    here = Project(played.directory.name)
    monkeypatch.chdir(tmp_path)
    assert here.path == played.directory
    assert here.apply().complete


def test_what_is_wrong_is_an_error_with_a_diagnostic(played: Played, tmp_path: Path) -> None:
    with pytest.raises(NivisError, match="No flake in this directory"):
        Project(tmp_path / "nowhere").plan()
    with pytest.raises(NivisError, match='"x" is not a declared output'):
        project(played).output("x")
    project(played).apply()
    with pytest.raises(NivisError, match="An output has another type") as caught:
        project(played).output("id", list)
    assert caught.value.diagnostics[0].detail == "The output `id` is of the type str, not list."
    with pytest.raises(TypeError, match="there is no option `targets`"):
        project(played).plan(targets=["a"])  # type: ignore[call-arg]


def test_a_file_that_cannot_be_written_is_an_error_with_a_diagnostic(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "/x")

    monkeypatch.setattr("nivis_tofu.api.sessions.notes.work_directory", full)
    with pytest.raises(NivisError, match="A file cannot be read or written"):
        project(played).plan()


def test_it_says_what_it_is(played: Played) -> None:
    assert (
        repr(project(played, stack="app", env={"A": "hunter2"})) == f"Project({str(played.directory)!r}, stack='app')"
    )
