"""An engine whose nivis was killed: it is waited for, and never disturbed."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.system import outlived_engine, process


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """What each look for such an engine finds; the last one stays."""
    looks: list[int | None] = []
    monkeypatch.setattr(process, "outlived", lambda _: looks.pop(0) if len(looks) > 1 else looks[0])
    monkeypatch.setattr(outlived_engine, "TICK", 0.001)
    return looks


def test_there_is_none(engine: list[int | None], tmp_path: Path) -> None:
    engine[:] = [None]
    told: list[str] = []
    outlived_engine.await_end(tmp_path, 10, told.append)
    assert told == []


def test_it_ends_in_time(engine: list[int | None], tmp_path: Path) -> None:
    engine[:] = [7, 7, 7, None]
    told: list[str] = []
    outlived_engine.await_end(tmp_path, 10, told.append)
    assert told == ["waiting for the engine of a run that was killed (process 7)"]


@pytest.mark.parametrize(("timeout", "lines"), [(0, 0), (0.01, 1)])
def test_it_goes_on(engine: list[int | None], tmp_path: Path, timeout: float, lines: int) -> None:
    engine[:] = [7]
    told: list[str] = []
    with pytest.raises(NivisError) as error:
        outlived_engine.await_end(tmp_path, timeout, told.append)
    (found,) = error.value.diagnostics
    assert found.summary == "An engine is still at work"
    assert "process 7" in found.detail
    assert "`kill 7`" in found.hint
    assert len(told) == lines


def test_who_waits_for_it_can_be_told_to_leave(engine: list[int | None], tmp_path: Path) -> None:
    def leave() -> None:
        raise KeyError

    engine[:] = [7]
    with pytest.raises(KeyError):
        outlived_engine.await_end(tmp_path, 60, lambda _: None, leave)
