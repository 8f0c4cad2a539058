"""A project, for programs: what the verbs of the command line do, with values in and values out."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, Unpack, overload

from nivis_tofu.api import failure, reading, sessions, stack_survey
from nivis_tofu.api import options as given
from nivis_tofu.api.kept_plan import KeptPlan
from nivis_tofu.api.listener import Listener
from nivis_tofu.api.options import File, Files, RunOptions
from nivis_tofu.api.request import RunRequest
from nivis_tofu.api.results import Plan, RefreshResult, State, not_saved
from nivis_tofu.api.sessions import Hearing
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.events import Event
from nivis_tofu.core.outcome import Applied
from nivis_tofu.core.plain import Json
from nivis_tofu.core.run_result import OutputValues, RunResult
from nivis_tofu.manage.state_read import Inspection, at_hand
from nivis_tofu.run import ending, refresh, refusals
from nivis_tofu.run.loop import Run
from nivis_tofu.run.session import Session
from nivis_tofu.run.validate import validate
from nivis_tofu.system.signals import Stop

_Value = TypeVar("_Value")


class Project:
    """A directory with a flake, or one stack of it. Nothing is kept open: it needs no `with`.

    Options are those of the command line. Nothing is printed or asked; errors are `NivisError` with `diagnostics`.
    Several projects may run in several threads; a second run of the same project is refused, or waits `lock_timeout`.
    """

    def __init__(
        self,
        path: File = ".",
        *,
        stack: str | None = None,
        attr: str = "nivis.plan",
        variables: Mapping[str, Any] | None = None,
        var_file: Files = (),
        state: File | None = None,
        workspace: str | None = None,
        backend: Literal["local"] | None = None,
        backend_config: Files | Mapping[str, str] = (),
        root: File | None = None,
        lib: Literal["bundled", "locked"] = "bundled",
        tofu: File | None = None,
        env: Mapping[str, str] | None = None,
        on_event: Callable[[Event], object] | None = None,
        **options: Unpack[RunOptions],
    ) -> None:
        """`variables`: values for `lib.mkVars`, as they are. `workspace`: of the engine. `tofu`: the executable.

        `env` takes the place of `os.environ`, for the engine and Nix too. `on_event` hears of each run, in its thread.
        """
        self.path = Path(path).expanduser().resolve()
        self.stack = stack
        self._env, self._workspace = env, workspace
        self._fixed: dict[str, Any] = {
            "stack": stack,
            "attr": attr,
            "variables": given.variables(variables or {}),
            "var_file": given.several(var_file),
            "state": state and os.fspath(state),
            "backend": backend,
            "backend_config": given.backend_settings(backend_config),
            "root": root and os.fspath(root),
            "lib": lib,
            "tofu": tofu and os.fspath(tofu),
            **given.asked(options),
        }
        self._on_event = on_event
        self._running: set[Stop] = set()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Project({str(self.path)!r}{f', stack={self.stack!r}' if self.stack else ''})"

    def plan(
        self,
        *,
        destroy: bool = False,
        refresh_only: bool = False,
        detail: bool = False,
        save: bool = True,
        **options: Unpack[RunOptions],
    ) -> Plan:
        """What an apply would do, in all phases. Raises NivisError.

        `detail`: with attributes, which costs more engine processes. `save`: keep what `apply` needs for doing exactly
        this.
        """
        with self._run("plan", options) as (session, heard):
            kept = KeptPlan(session.with_options(detail=detail), save=save)
            if refresh_only:
                return reading.refresh_plan(*kept.refresh(), warnings=heard.warnings)
            preview, saved = kept.plan_destroy() if destroy else kept.plan()
            if session.options.no_destroy and preview.destructive:
                raise refusals.no_destroy(preview)
            return reading.plan(preview, heard.warnings, saved)

    def apply(
        self, plan: Plan | None = None, *, stop_after_phase: int | None = None, **options: Unpack[RunOptions]
    ) -> RunResult:
        """Create, change and destroy, phase by phase, what was planned, or without a plan whatever is to be done.

        Raises NivisError, whose `run_result` says how far it came; PlanStale if the state is not that of the plan.
        """
        with self._run("apply", options) as (session, heard):
            if plan is None:
                run = Run(session, stop_after=stop_after_phase)
                return self._ended(run, run.apply(), heard)
            if plan.saved is None:
                raise not_saved()
            kept = KeptPlan(session, save=True)
            return self._ended(*kept.apply(plan.saved, stop_after_phase), heard)

    def destroy(self, *, force: bool = False, **options: Unpack[RunOptions]) -> RunResult:
        """Destroy everything in the state. `force`: a stack too whose outputs other stacks use. Raises NivisError."""
        with self._run("destroy", options) as (session, heard):
            if self.stack is not None and not force:
                stack_survey.refuse_destroy(self._request(options), Hearing(stop=session.tofu.stop))
            run = Run(session)
            return self._ended(run, run.destroy(), heard)

    def refresh(self, *, detail: bool = False, **options: Unpack[RunOptions]) -> RefreshResult:
        """Update the state to match the real objects; change nothing real. Raises NivisError."""
        with self._run("refresh", options) as (session, heard):
            found = refresh.refresh(session.with_options(detail=detail))
            return reading.refreshed(found, ending.declared(session, found.snapshot), heard.warnings)

    def validate(self, **options: Unpack[RunOptions]) -> tuple[Diagnostic, ...]:
        """Check the flake and everything that it declares; returns warnings. Raises NivisError."""
        with self._run("validate", options) as (session, _):
            return validate(session)

    @overload
    def output(self) -> OutputValues: ...
    @overload
    def output(self, name: str) -> Json: ...
    @overload
    def output(self, name: str, as_: type[_Value]) -> _Value: ...
    def output(self, name: str | None = None, as_: type[_Value] | None = None) -> OutputValues | Json | _Value:
        """All outputs by name, or the value of one: real values, secrets included. Raises NivisError.

        `as_`: the type that the value has to have, such as `str` or `list`.
        """
        with self._look("output", named=False) as look:
            if name is None:
                return reading.values(look.outputs())
            value = reading.values({name: look.output(name)})[name]
        if as_ is None or isinstance(value, as_):
            return value
        raise NivisError.of(
            "An output has another type",
            f"The output `{name}` is of the type {type(value).__name__}, not {as_.__name__}.",
            "Ask for it with that type, or without one.",
        )

    def state(self) -> State:
        """What the state has: attributes as they are, secrets included. Raises NivisError."""
        with self._look("state", named=True) as look:
            return reading.state(look)

    def cancel(self, *, force: bool = False) -> bool:
        """Stop the runs of this project that are in progress, from any thread; was there one?

        As with ^C the engine ends what it has begun and saves its state; the run raises Interrupted. `force`: as with a
        second ^C, it does not wait for what it has begun. What is called afterwards runs as ever.
        """
        with self._lock:
            running = list(self._running)
        for stop in running:
            if force or not stop.asked:
                stop.ask()
        return bool(running)

    def _request(self, options: Mapping[str, Any]) -> RunRequest:
        env = dict(os.environ if self._env is None else self._env)
        if self._workspace is not None:
            env["TF_WORKSPACE"] = self._workspace
        return RunRequest(self.path, env, **{**self._fixed, **given.asked(options)})

    @contextlib.contextmanager
    def _look(self, name: str, *, named: bool) -> Iterator[Inspection]:
        """The state, beside a run that may be in progress; the project is locked only if there is more to do."""
        with self._run(name, {}, engine=False, lock=False) as (session, _):
            if found := at_hand(session, named=named):
                yield Inspection(session, found)
                return
        with self._run(name, {}, engine=False) as (session, _):
            yield Inspection(session)

    @contextlib.contextmanager
    def _run(
        self, name: str, options: Mapping[str, Any], *, engine: bool = True, lock: bool = True
    ) -> Iterator[tuple[Session, Listener]]:
        """A run that is heard, can be stopped, and raises nothing but NivisError and what the callback raised."""
        request, heard, stop = self._request(options), Listener(self._on_event), Stop()
        with self._lock:
            self._running.add(stop)
        try:
            hearing = Hearing(heard, heard.note, stop=stop)
            with sessions.opened(request, f"Project.{name}", hearing, lock=lock, engine=engine) as session:
                yield session, heard
        except NivisError as error:
            found = failure.told(error).with_traceback(error.__traceback__)
            failure.pass_on(found)
            raise found from None
        except OSError as problem:
            raise failure.refused(problem, str(self.path)) from problem
        finally:
            with self._lock:
                self._running.discard(stop)
        heard.end()

    def _ended(self, run: Run, done: Applied, heard: Listener) -> RunResult:
        """The result, or the error with it."""
        outputs = {} if run.destroying or done.error else ending.declared(run.session, run.at.snapshot)
        result = reading.applied(done, outputs, heard.warnings)
        if done.error is None:
            return result
        begun = result.changes or result.failed or result.unfinished
        raise done.error.with_run_result(result) if begun else done.error
