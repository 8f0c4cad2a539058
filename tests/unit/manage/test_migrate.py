"""Moving a state between two places that lie in memory: nothing goes that did not arrive, nothing is overwritten."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nivis_tofu.core.errors import EngineError, NivisError
from nivis_tofu.manage import migrate as migrating
from nivis_tofu.manage.migrate import migrate
from nivis_tofu.project import backends


def state(*names: str, serial: int = 3, lineage: str = "l") -> str:
    return json.dumps({"serial": serial, "lineage": lineage, "outputs": {}, "resources": [{"name": n} for n in names]})


class Place:
    """The engine at one backend."""

    def __init__(self, directory: Path, states: dict[str, str], *, workspaces: bool = True) -> None:
        self.directory, self.states, self.workspaces = directory, states, workspaces
        self.env: dict[str, str] = {}
        self.spoils = ""
        self.moves_on: list[str] = []

    def at(self, *, env: dict[str, str]) -> Place:
        other = copy.copy(self)
        other.env = env
        return other

    def here(self) -> str:
        return self.env.get("TF_WORKSPACE", "default")

    def state_pull(self) -> str:
        text = self.states.get(self.here(), "")
        if self.moves_on and text:
            self.states[self.here()] = self.moves_on.pop(0)
        return text

    def state_push(self, path: Path, *_: object) -> None:
        self.states[self.here()] = self.spoils or path.read_text()

    def workspace_list(self) -> tuple[list[str], str]:
        if not self.workspaces:
            raise EngineError.of("workspaces not supported")
        return list(self.states) or ["default"], "default"

    def workspace_new(self, name: str, *_: object) -> None:
        assert name not in self.states
        self.states[name] = ""

    def workspace_select(self, name: str) -> None:
        assert name == "default"


class World:
    """A project whose state is in `old` and whose flake says that it belongs to `new`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.old = Place(root, {"default": state("a", "b")})
        self.new = Place(root, {"default": ""})
        self.source: Any = SimpleNamespace(name="the old place", mark="old", file=None, folder=None)
        self.target: Any = SimpleNamespace(name="the new place", mark="new", chosen=True)
        self.forgotten = 0
        workdir = SimpleNamespace(
            root=root,
            place=lambda _: self.target,
            declared=lambda _: self.source,
            state=SimpleNamespace(current_workspace=lambda: "default", forget_previous=self.forget),
        )
        self.session: Any = SimpleNamespace(workdir=workdir, tofu=self.new, options=SimpleNamespace(locking=None))

    def forget(self) -> None:
        self.forgotten += 1

    def migrate(self, file: Path | None = None, *, keep: bool = False) -> migrating.Migrated:
        return migrate(self.session, None, file, keep=keep)  # type: ignore[arg-type]  # no IR is looked into

    def refused(self, *said: str, file: Path | None = None) -> None:
        """The old state is whole, and still known as the one that is to be moved."""
        before = dict(self.old.states) if not self.old.moves_on else {"default": self.old.moves_on[0]}
        with pytest.raises(NivisError) as error:
            self.migrate(file)
        (found,) = error.value.diagnostics
        text = f"{found.summary}: {found.detail} {found.hint}"
        assert all(part in text for part in said), text
        assert self.forgotten == 0
        assert self.old.states == before


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path)

    @contextlib.contextmanager
    def at(*_: object) -> Iterator[Place]:
        yield made.old

    monkeypatch.setattr(migrating, "_at", at)
    return made


def test_every_workspace_arrives_and_a_remote_one_is_emptied(world: World) -> None:
    world.old.states["dev"] = state("c", serial=7)
    done = world.migrate()
    assert world.new.states == {"default": state("a", "b"), "dev": state("c", serial=7)}
    assert done.workspaces == (("default", 2), ("dev", 1))
    emptied = json.loads(world.old.states["dev"])
    assert (emptied["serial"], emptied["resources"], emptied["lineage"]) == (8, [], "l")
    assert [json.loads(path.read_text())["serial"] for path in done.backups] == [3, 7]
    assert world.forgotten == 1
    assert not (world.root / "migrating.tfstate").exists()
    assert world.new.env == {}


def test_a_local_file_goes_and_keeps_its_backup(world: World) -> None:
    file = world.root / "old.tfstate"
    file.write_text(state("a", "b"))
    world.source.file, world.source.folder = file, world.root
    done = world.migrate()
    assert not file.exists()
    assert done.backups[0].read_text() == state("a", "b")


def test_the_old_state_may_stay(world: World) -> None:
    world.migrate(keep=True)
    assert world.old.states == {"default": state("a", "b")}
    assert world.forgotten == 1


def test_what_did_not_arrive_whole_stops_it(world: World) -> None:
    world.new.spoils = state("a")
    world.refused("The copied state differs", "the new place", "`default`", "nivis state migrate")


def test_serial_and_lineage_are_the_new_places_own(world: World) -> None:
    world.new.spoils = state("a", "b", serial=1, lineage="other")
    assert world.migrate().workspaces == (("default", 2),)


def test_a_writer_in_the_meantime_stops_it(world: World) -> None:
    theirs = state("a", "b", "theirs", serial=4)
    world.old.moves_on = [theirs]
    world.refused("The old state was changed meanwhile", "the old place", "nivis state push")


def test_a_state_at_the_target_is_never_overwritten(world: World) -> None:
    world.new.states["default"] = state("x")
    world.refused("There is a state at the target already", "`default` of the new place", "nivis state pull")
    assert world.new.states["default"] == state("x")


def test_there_is_nothing_to_move(world: World) -> None:
    world.source.mark = "new"
    world.refused("Nothing to migrate", "the new place", "--from FILE")
    world.source = None
    world.refused("Nothing to migrate")


def test_a_file_that_is_not_there(world: World) -> None:
    world.refused("No such state file", "none.tfstate", file=world.root / "none.tfstate")


def test_a_backend_without_workspaces_has_one(world: World) -> None:
    world.old.workspaces = False
    world.old.states["hidden"] = state("z")
    assert world.migrate().workspaces == (("default", 2),)


def test_a_state_of_the_older_nivis_is_not_taken_over_twice(tmp_path: Path) -> None:
    file = tmp_path / "nivis.state.json"
    file.write_text(json.dumps({"resources": {"p.t.a": {"id": "p.t.a", "type": "t", "attrs": {"id": "x"}}}}))
    (tmp_path / "nivis.state.json.older").write_text("")
    session: Any = SimpleNamespace(workdir=SimpleNamespace(state_file=file))
    with pytest.raises(NivisError, match="A state was taken over before"):
        migrating.take_over(session, file, lambda: pytest.fail("nothing is evaluated"))
    assert file.exists()
    assert backends.default(file, tmp_path).file == file
