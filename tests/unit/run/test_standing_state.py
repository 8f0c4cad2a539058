"""The outputs of a stack that nothing is run for."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nivis_tofu.core.errors import ProjectLocked
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.run import standing_state, start
from nivis_tofu.run.session import Session
from nivis_tofu.system import project_lock
from nivis_tofu.tofu.raw_state import RawOutput

HELD = Snapshot(serial=1, outputs={"vpc": RawOutput("v", "string", False)})


@dataclass(frozen=True)
class Standing:
    """A session of a stack. `at`: where its state is; empty: nobody knows yet."""

    at: str
    declared: Any = None
    root: Path = Path("/dev/null")
    tofu: Any = field(default_factory=lambda: SimpleNamespace(stop=None))

    @property
    def workdir(self) -> Any:
        return SimpleNamespace(
            root=self.root,
            place=lambda _: SimpleNamespace(file=self.declared),
            having=lambda backend: cast(Any, Standing(f"in {backend.file}").workdir),
            state=SimpleNamespace(snapshot=lambda: HELD if self.at else pytest.fail("nobody knows where it is")),
            remembered=SimpleNamespace(outputs=lambda: ["null", "vpc"]),
        )

    def recalled(self) -> Standing | None:
        return self if self.at else None


def test_an_output_that_is_null_is_known_although_the_state_drops_it(tmp_path: Path) -> None:
    found = standing_state.outputs(cast(Session, Standing("known", root=tmp_path)))
    assert {name: o.value for name, o in found.items()} == {"null": None, "vpc": "v"}


@pytest.mark.parametrize(("file", "expected"), [("state.json", ["replaced"]), (None, ["prepared"])])
def test_a_backend_is_initialised_and_a_file_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: object, expected: list[str]
) -> None:
    done: list[str] = []
    known = Standing("known")

    def told(what: str) -> Standing:
        done.append(what)
        return known

    monkeypatch.setattr(start, "evaluated", lambda session, _: (session, SimpleNamespace(ir=None)))
    monkeypatch.setattr(start, "prepare", lambda *_: told("prepared"))
    monkeypatch.setattr(standing_state, "replace", lambda *_, **__: told("replaced"))
    assert standing_state.snapshot(cast(Session, Standing("", file, tmp_path))) is HELD
    assert done == expected


class Found(Standing):
    """One whose place the first one finds out."""

    def recalled(self) -> Standing | None:
        return Standing("known") if (self.root / "found").exists() else None


def test_those_that_find_out_where_a_state_is_take_turns(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done: list[int] = []

    def prepared(session: Session, _: object) -> Session:
        done.append(1)
        time.sleep(0.02)
        (tmp_path / "found").touch()
        return session.recalled() or session

    monkeypatch.setattr(start, "evaluated", lambda session, _: (session, SimpleNamespace(ir=None)))
    monkeypatch.setattr(start, "prepare", prepared)
    session = cast(Session, Found("", root=tmp_path))
    with ThreadPoolExecutor() as pool:
        assert list(pool.map(standing_state.snapshot, [session] * 4)) == [HELD] * 4
    assert done == [1]


@pytest.mark.parametrize("ready", [True, False])
def test_a_run_of_that_stack_is_not_disturbed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ready: bool) -> None:
    # Its state can be read as soon as that run has initialised the backend, however long it goes on.
    monkeypatch.setattr(standing_state, "_PAUSE", 0.05)
    monkeypatch.setattr(standing_state, "_PATIENCE", 60 if ready else 0)

    def busy(*_: object, **__: object) -> Iterator[None]:
        if ready:
            (tmp_path / "found").touch()
        raise ProjectLocked.of("Another run is in progress")
        yield

    monkeypatch.setattr(project_lock, "run_lock", contextlib.contextmanager(busy))
    session = cast(Session, Found("", root=tmp_path))
    if ready:
        assert standing_state.snapshot(session) is HELD
    else:
        with pytest.raises(ProjectLocked):
            standing_state.snapshot(session)


def test_what_is_known_is_read_while_that_stack_is_at_work(tmp_path: Path) -> None:
    with project_lock.run_lock(tmp_path, "nivis apply", 0):
        assert standing_state.snapshot(cast(Session, Standing("known", root=tmp_path))) is HELD


def test_the_ledger_of_a_state_that_is_not_at_hand_is_empty() -> None:
    unknown: Any = SimpleNamespace(recalled=lambda: None, options=SimpleNamespace(variables={"x": 1}))
    found = standing_state.ledger(unknown)
    assert (found["outputs"], found["vars"]) == ({}, {"x": 1})
