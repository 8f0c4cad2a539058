"""Moving the state from one backend to another: copy, compare, and only then take the old one away.

Data: the backend remembered in `.nivis/backend.json`, or a file -> every engine workspace of it -> the present one.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import EngineError, NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.providers import full_source
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.project import backends, legacy
from nivis_tofu.project.backends import Backend
from nivis_tofu.project.run_directory import SECRETS_FILE
from nivis_tofu.project.state_file import has_resources
from nivis_tofu.project.workdir import MODULE_FILE
from nivis_tofu.run.session import Session
from nivis_tofu.system import notes
from nivis_tofu.system.files import write_atomic
from nivis_tofu.tofu import wire
from nivis_tofu.tofu.argv import InitOptions
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.site import Site

_CONTENT = ("outputs", "resources", "check_results")


@immutable
class Migrated:
    """What was moved: the workspaces with the number of objects in each."""

    source: str
    target: str
    workspaces: tuple[tuple[str, int], ...]
    backups: tuple[Path, ...]


def migrate(session: Session, ir: IR, file: Path | None = None, *, keep: bool = False) -> Migrated:
    """Move the state to the backend that the flake declares, or with a local backend chosen for this command from it.

    `file`: from this state file and not the old backend. `keep`: leave the old state as it is. Without it the old one
    is emptied once the copy is known to be equal.
    """
    workdir = session.workdir
    if file is not None and not file.is_file():
        raise NivisError.of("No such state file", f"There is no file {file}.")
    target = workdir.place(ir)
    source = workdir.declared(ir) if target.chosen and file is None else _source(session, file)
    if source is None or source.mark == target.mark:
        raise NivisError.of(
            "Nothing to migrate",
            f"The state is in {target.name}, and no other place is known where it was before.",
            "Name a state file: `nivis state migrate --from FILE`.",
        )
    with _at(session, source) as old:
        names = ["default"] if file else _workspaces(old)
        found = {name: text for name in names if (text := _pull(old, name)).strip()}
        there = _workspaces(session.tofu)
        for name in found:
            if name in there and _objects(_pull(session.tofu, name)):
                raise _occupied(name, target)
        backups = tuple(_back_up(workdir.root, name, text) for name, text in found.items())
        for name, text in found.items():
            _push(session, name, text, new=name not in there)
        for name, text in found.items():
            _verify(text, _pull(session.tofu, name), name, target)
        if not keep:
            for name, text in found.items():
                _take_away(old, source, name, text)
    workdir.state.forget_previous()
    return Migrated(source.name, target.name, tuple((n, len(_objects(t))) for n, t in found.items()), backups)


def take_over(session: Session, file: Path, prepare: Callable[[], tuple[Session, IR]]) -> Migrated:
    """Put what a state file of the older nivis holds into the backend that the flake declares; the file is kept.

    `prepare` evaluates and initialises, which the engine refuses while such a file lies where its state belongs.
    """
    workdir = session.workdir
    objects = legacy.read(file.read_text(encoding="utf-8"))
    assert objects is not None
    kept = file.with_name(f"{file.name}.older")
    in_place = file.resolve() == workdir.state_file.resolve()
    if in_place and kept.exists():
        raise NivisError.of("A state was taken over before", f"{kept} exists, and nivis overwrites nothing.")
    if in_place:
        file.rename(kept)
    try:
        session, ir = prepare()
        if session.workdir.state.snapshot().addresses:
            raise _occupied("default", backends.recall(workdir.memory.now, workdir.project))

        def lookup(key: str, kind: str) -> BlockSchema | None:
            return workdir.schemas.block(full_source(ir.providers[key].source, session.tofu.kind), "resource", kind)

        text = legacy.state(objects, ir, lookup, session.tofu.kind)
        _push(session, "default", text, new=False)
    except BaseException:
        if in_place:
            kept.replace(file)
        raise
    target = backends.recall(workdir.memory.now, workdir.project)
    source = f"the older nivis ({file.name})"
    return Migrated(source, target.name, (("default", len(_objects(text))),), (kept if in_place else file,))


def _occupied(workspace: str, target: Backend) -> NivisError:
    return NivisError.of(
        "There is a state at the target already",
        f"The workspace `{workspace}` of {target.name} is not empty; it would be overwritten.",
        "Look at both (`nivis state pull`), then use `nivis state push` for the one that is right.",
    )


def _source(session: Session, file: Path | None) -> Backend | None:
    workdir = session.workdir
    if file is not None:
        return backends.default(file.resolve(), workdir.project)
    if workdir.memory.previous:
        return backends.recall(workdir.memory.previous, workdir.project)
    return backends.default(workdir.state_file, workdir.project) if has_resources(workdir.state_file) else None


@contextlib.contextmanager
def _at(session: Session, place: Backend) -> Iterator[Tofu]:
    """The engine in a directory of its own that knows nothing but this backend (and how to decrypt)."""
    workdir = session.workdir
    scratch = workdir.root / "migrate"
    notes.clear(scratch)
    notes.directory(scratch)
    terraform: dict[str, Any] = {"backend": {place.type: place.arguments(scratch)}}
    now = json_text.loads((workdir.work / MODULE_FILE).read_text(encoding="utf-8"))
    module: dict[str, Any] = {"terraform": terraform}
    if encryption := (now.get("terraform") or {}).get("encryption"):
        terraform["encryption"] = encryption
        module |= {key: now[key] for key in ("variable", "locals") if key in now}
        if (workdir.work / SECRETS_FILE).exists():
            write_atomic(scratch / SECRETS_FILE, (workdir.work / SECRETS_FILE).read_text(encoding="utf-8"))
    write_atomic(scratch / MODULE_FILE, json_text.dumps(module))
    tofu = session.tofu
    env = {k: v for k, v in tofu.env.items() if k != "TF_WORKSPACE"}
    site, heard = Site.alone(scratch), tofu.on_command
    engine = Tofu(tofu.exe, tofu.kind, site, env, tofu.redactor, on_command=heard, around=tofu.around)
    try:
        given = place.options_file(scratch / "backend.tfbackend")
        engine.init(InitOptions(backend_config=given, locking=session.options.locking))
        yield engine
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _in(tofu: Tofu, workspace: str) -> Tofu:
    return tofu.at(env={**tofu.env, "TF_WORKSPACE": workspace})


def _workspaces(tofu: Tofu) -> list[str]:
    try:
        return list(tofu.workspace_list()[0])
    except EngineError:
        return ["default"]  # the http backend has no workspaces and says so as an error


def _pull(tofu: Tofu, workspace: str) -> str:
    return _in(tofu, workspace).state_pull()


def _push(session: Session, workspace: str, text: str, *, new: bool) -> None:
    tofu, workdir = session.tofu, session.workdir
    selected = workdir.state.current_workspace()
    if new:
        free = tofu.at(env={k: v for k, v in tofu.env.items() if k != "TF_WORKSPACE"})
        free.workspace_new(workspace, session.options.locking)
        free.workspace_select(selected)
    path = workdir.root / "migrating.tfstate"
    write_atomic(path, text)
    try:
        _in(tofu, workspace).state_push(path, session.options.locking)
    finally:
        path.unlink(missing_ok=True)


def _verify(sent: str, got: str, workspace: str, target: Backend) -> None:
    """All content must have arrived; serial and (in `pg`) lineage are the new place's own."""
    a, b = map(_content, (sent, got))
    if {k: a.get(k) for k in _CONTENT} != {k: b.get(k) for k in _CONTENT}:
        raise NivisError.of(
            "The copied state differs",
            f"What {target.name} gives back for the workspace `{workspace}` is not what was sent. "
            "The old state was not touched.",
            "Check the backend, then run `nivis state migrate` again.",
        )


def _take_away(old: Tofu, source: Backend, workspace: str, text: str) -> None:
    """Nobody shall use the old state again: a local file goes (there is a backup), a remote one is emptied."""
    if _pull(old, workspace) != text:
        raise NivisError.of(
            "The old state was changed meanwhile",
            f"Somebody wrote to {source.name} while it was copied; it was left as it is.",
            "Find out who did, then push what is right with `nivis state push`.",
        )
    if source.file and source.folder:
        file = source.file if workspace == "default" else source.folder / workspace / "terraform.tfstate"
        file.unlink()
        return
    state = _content(text)
    empty = {
        **state,
        "serial": int(state.get("serial") or 0) + 1,
        "outputs": {},
        "resources": [],
        "check_results": None,
    }
    path = old.directory / "empty.json"
    write_atomic(path, json_text.dumps(empty))
    _in(old, workspace).state_push(path)


def _back_up(root: Path, workspace: str, text: str) -> Path:
    path = notes.directory(root / "backups") / f"{time.strftime('%Y%m%d-%H%M%S')}-{workspace}.tfstate"
    write_atomic(path, text)
    return path


def _objects(text: str) -> list[Any]:
    with wire.reading("the state"):
        return wire.sequence(_content(text).get("resources"))


def _content(text: str) -> dict[str, Any]:
    """A state as the engine gives it; empty where there is none."""
    return wire.load_object(text, "the state") if text.strip() else {}
