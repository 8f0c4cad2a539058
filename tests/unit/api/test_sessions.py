from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.api import sessions
from nivis_tofu.api.request import RunRequest
from nivis_tofu.api.tools import Tools
from nivis_tofu.core.errors import NivisError
from nivis_tofu.run.session import Session
from nivis_tofu.system import notes
from nivis_tofu.system.locate import Engine
from nivis_tofu.tofu.raw_state import RawOutput


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


def test_what_one_run_has_read_of_a_stack_the_next_one_knows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    read: list[str] = []
    net = {"vpc": RawOutput("v", "string", False)}

    def outputs(session: Session) -> dict[str, RawOutput]:
        read.append(session.workdir.namespace.stack)
        return net

    monkeypatch.setattr(sessions, "outputs", outputs)
    heard: dict[str, Any] = {}
    for stack in ("a", "b"):
        request = RunRequest(tmp_path, {}, stack=stack, heard=heard)
        others = sessions.make(request, notes.work_directory(tmp_path, f"stacks/{stack}")).siblings
        assert others
        assert others.outputs("net") == net
    assert read == ["net"]


def test_who_holds_no_lock_has_links_of_its_own(tmp_path: Path) -> None:
    request = RunRequest(tmp_path, {}, flake="github:x/y")
    trees = []
    for lock in (True, False, False):
        with sessions.opened(request, "nivis", sessions.Hearing(), lock=lock) as session:
            trees.append(session.workdir.settled.run.tree)
    trees.append(sessions.sibling(request, "net").workdir.settled.run.tree)
    assert (trees[0], len(set(trees))) == ("tree", 4)
