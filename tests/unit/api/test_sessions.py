from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.api import sessions
from nivis_tofu.api.request import RunRequest
from nivis_tofu.api.tools import Tools
from nivis_tofu.core.errors import NivisError
from nivis_tofu.system.locate import Engine


@pytest.fixture(autouse=True)
def no_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Tools(Engine(Path("tofu"), "tofu", "PATH"), None, Path("nix"))
    monkeypatch.setattr("nivis_tofu.api.sessions.found_tools", lambda *_, **__: found)


def test_only_the_local_backend_can_be_chosen(tmp_path: Path) -> None:
    with pytest.raises(NivisError, match="Unknown --backend"):
        sessions.make(RunRequest(tmp_path, {}, backend="s3"), tmp_path)


def test_variables_win_over_all_others_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "nivis.auto.json").write_text('{"a": 1, "b": 2}')
    given = RunRequest(tmp_path, {"NIVIS_VAR_c": "3"}, variables={"a": [True]}, var=("b=4",))
    options = sessions.make(given, tmp_path).options
    assert options.variables == {"a": [True], "b": "4", "c": "3"}
    assert options.origins["a"] == "the caller's `variables`"


def test_an_unusual_engine_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    found = Tools(Engine(Path("t"), "terraform", "PATH", "uses t"), None, Path("nix"))
    monkeypatch.setattr("nivis_tofu.api.sessions.found_tools", lambda *_, **__: found)
    sessions.make(RunRequest(tmp_path, {}), tmp_path, sessions.Hearing(note=said.append))
    assert said == ["uses t"]


def test_whoever_comes_second_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    (tmp_path / "flake.nix").write_text("{ }")
    request, hearing = RunRequest(tmp_path, {}), sessions.Hearing()
    with (
        sessions.opened(request, "the first", hearing),
        pytest.raises(NivisError, match="Another run is in progress") as caught,
        sessions.opened(request, "the second", hearing),
    ):
        pass
    assert "`the first`" in caught.value.diagnostics[0].detail


def test_without_a_flake_no_directory_is_left(tmp_path: Path) -> None:
    with (
        pytest.raises(NivisError, match="No flake in this directory"),
        sessions.opened(RunRequest(tmp_path, {}), "apply", sessions.Hearing()),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
