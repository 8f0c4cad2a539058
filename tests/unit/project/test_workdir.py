"""When the engine is initialised, with which flags, and what is left of that for the next run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nivis_tofu.core.errors import EngineError, NivisError
from nivis_tofu.project.workdir import Workspace
from nivis_tofu.run.start import start
from tests.support.played import Play, Played, document, thing
from tests.support.played_engine import SOURCE

LOCK = f'provider "{SOURCE}" {{\n  version = "1.0.0"\n}}\n'


def chosen(data: Path, **env: str) -> str:
    place: Any = SimpleNamespace(folder=data / "spaces")
    space: Any = SimpleNamespace(tofu=SimpleNamespace(env=env), data=data, _place=place)
    return Workspace.current_workspace(space)


def test_the_workspace_of_the_environment_of_the_note_or_the_default(tmp_path: Path) -> None:
    assert chosen(tmp_path) == "default"
    (tmp_path / "spaces/dev").mkdir(parents=True)
    (tmp_path / "environment").write_text("dev\n")
    assert chosen(tmp_path) == "dev"
    assert chosen(tmp_path, TF_WORKSPACE="ci") == "ci"


@pytest.mark.parametrize(("note", "why"), [("../up", "is damaged"), ("gone", "there is no such workspace")])
def test_a_note_that_cannot_be_meant(tmp_path: Path, note: str, why: str) -> None:
    (tmp_path / "environment").write_text(note)
    with pytest.raises(NivisError, match="The selected workspace is not known") as error:
        chosen(tmp_path)
    assert why in error.value.diagnostics[0].detail


def flake(v: str = "x", **more: Any) -> Any:
    return lambda _: {**document(thing("a", v)), **more}


@pytest.fixture
def played(play: Play) -> Played:
    """A project that was initialised."""
    found = play(flake())
    start(found.session())
    found.engine.calls.clear()
    return found


def initialised(played: Played) -> int:
    """How often the engine is initialised by one more start."""
    before = len(played.engine.said("init"))
    start(played.session())
    return len(played.engine.said("init")) - before


CHANGES: dict[str, tuple[Callable[[Played], object], int]] = {
    "nothing": (lambda p: None, 0),
    "a value": (lambda p: setattr(p, "flake", flake("y")), 0),
    "the state": (lambda p: p.engine.save({}), 0),
    "a provider's version": (lambda p: setattr(p, "flake", flake(providers={"p": {"source": SOURCE, "version": "2", "config": {}}})), 1),
    "a provider's arguments": (lambda p: setattr(p, "flake", flake(providers={"p": {"source": SOURCE, "config": {"region": "x"}}})), 0),
    "the backend": (lambda p: setattr(p, "flake", flake(backend={"type": "local", "path": "other.json"})), 1),
    "the engine's data": (lambda p: shutil.rmtree(p.directory / ".nivis/terraform"), 1),
    "the schemas": (lambda p: (p.directory / ".nivis/schema.zip").unlink(), 1),
    "what was noted": (lambda p: (p.directory / ".nivis/init.json").write_text("["), 1),
    "the work directory": (lambda p: shutil.rmtree(p.directory / ".nivis"), 1),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_the_engine_is_initialised_once_for_what_it_is_initialised_for(played: Played, name: str) -> None:
    change, times = CHANGES[name]
    change(played)
    assert initialised(played) == times
    assert initialised(played) == 0, "and it is done"


def test_an_init_that_fails_is_made_again_and_says_what_to_look_at(played: Played) -> None:
    played.flake = flake(providers={"p": {"source": SOURCE, "version": "99", "config": {}}})
    played.engine.refuses["init"] = "No such version"
    with pytest.raises(EngineError, match="No such version") as error:
        start(played.session())
    assert "`source` and `version`" in error.value.diagnostics[0].hint
    del played.engine.refuses["init"]
    played.flake = flake()
    assert initialised(played) == 1, "what the failed one left is not trusted"


def test_a_state_that_the_engine_cannot_read_is_refused_before_it_is_asked(play: Play) -> None:
    played = play(flake())
    old = {"p.t.a": {"id": "p.t.a", "type": "t", "attrs": {"id": "1"}}}
    played.engine.state_file.write_text(json.dumps({"resources": old}))
    with pytest.raises(NivisError, match="This is a state of the older nivis"):
        start(played.session())
    assert played.engine.calls == []


def test_providers_from_a_directory_of_the_user_s_stay_from_there(played: Played) -> None:
    (played.directory / ".nivis/terraform/plugin_path").write_text('["/mirror"]')
    (played.directory / ".nivis/schema.zip").unlink()
    start(played.session())
    assert "-plugin-dir=/mirror" in played.engine.said("init")[-1]


def test_the_lock_file_is_the_user_s(play: Play) -> None:
    played = play(flake())
    played.engine.lock = LOCK
    start(played.session())
    file = played.directory / ".terraform.lock.hcl"
    assert (file.read_text(), file.stat().st_mode & 0o777) == (LOCK, 0o644)


@pytest.mark.parametrize("before", [False, True])
def test_a_lock_file_without_providers_stays_only_where_there_was_one(play: Play, *, before: bool) -> None:
    played = play(flake())
    file = played.directory / ".terraform.lock.hcl"
    if before:
        file.write_text(LOCK)
    played.engine.lock = "# nothing\n"
    start(played.session())
    assert file.exists() is before


def test_a_state_with_the_engine_s_own_name_is_not_moved(play: Play) -> None:
    """`init` would want to move it to the backend that it does not know yet."""
    played = play(flake())
    (played.directory / "terraform.tfstate").write_text("{}")
    start(played.session())
    first, second = played.engine.said("init")
    assert "-backend=false" not in first
    assert "-backend=false" in second
    assert (played.directory / "terraform.tfstate").read_text() == "{}"
    assert (played.directory / ".nivis/terraform/terraform.tfstate").exists()
    assert not (played.directory / ".nivis/backend").exists()
