"""`init` of the engine, only when it is needed, and what is noted of the last one.

Data: Workspace and the module of a phase -> what `init` depends on, compared with the stamp of the last one -> `init`,
schemas, lock file -> the Workspace in which the engine can work.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import EngineError
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.providers import BUILTIN, full_source
from nivis_tofu.project import backends, legacy, provider_mirror, settled, stock_data
from nivis_tofu.project.directories import Directories
from nivis_tofu.project.init_advice import advised
from nivis_tofu.project.run_directory import LOCK_FILE, RunDirectory
from nivis_tofu.project.state_file import read_whole
from nivis_tofu.project.workdir import MODULE_FILE, Workspace, local_digest
from nivis_tofu.render.module import Module
from nivis_tofu.system import notes
from nivis_tofu.system.files import copy_file, write_if_changed
from nivis_tofu.tofu.argv import InitOptions
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.site import Site

_STAMP = "init.json"
_STATIC = ("variable", "locals")
"""Blocks that the engine reads before it has a backend."""
_ENGINES_STATES = ("terraform.tfstate", "terraform.tfstate.d")


def recalled(space: Workspace) -> Workspace | None:
    """As the last `init` left it; None where the state cannot be read before anything is evaluated."""
    stamp, run = _stamped(space), _remembered_run(space)
    if run is None or not _whole(space.data) or stamp.get("left") != notes.left_by_init(space.data):
        return None
    if stamp.get("chosen") is not space.default.chosen or stamp.get("data") != str(space.data_given or ""):
        return None  # what is ready is another state than the one that is asked for
    now = space.memory.now
    backend = space.default if space.default.chosen or not now else backends.recall(now, space.project)
    return space.having(backend=backend, run=run)


def clear(space: Workspace) -> None:
    """Take away what a run that was killed has left beside the user's files."""
    (_remembered_run(space) or space.settled.run).clear()


def _remembered_run(space: Workspace) -> RunDirectory | None:
    """Where the engine ran last; None if that is not known."""
    match _stamped(space).get("run"):
        case {"home": str(home), "joined": bool(joined), "linked": bool(linked), "packages": bool(packages)}:
            place = Path(os.path.normpath(space.project / home))
            lock = notes.read(space.work / LOCK_FILE) if packages else None
            return replace(space.settled.run, home=place, joined=joined, linked=linked, lock=lock)
        case _:
            return None


def needed(space: Workspace, ir: IR, module: Module) -> bool:
    """Did providers, modules, backend or engine change since the last `init`?"""
    return not (_whole(space.data) and space.schemas.known) or _stamped(space) != _stamp(space, ir, module)


def _stamped(at: Directories) -> dict[str, Any]:
    """What the last `init` was for; empty if that is not known."""
    found = notes.read_json(at.root / _STAMP)
    return found if isinstance(found, dict) else {}


def _whole(data: Path) -> bool:
    """Is what `init` left for the engine there, and undamaged?"""
    return data.is_dir() and not notes.damaged(data)


def prepare(
    space: Workspace, ir: IR, module: Module, options: InitOptions | None = None, *, had_state: bool = False
) -> Workspace:
    """Run `init`, and ask for schemas, if that is needed or options are given; the engine can work in what is returned.

    `had_state`: there was a state where the last `init` pointed to. Raises EngineError.
    """
    if options is None and not needed(space, ir, module):
        return space
    backend = space.settled.backend
    if backend.file and backend.file.exists():
        legacy.refuse(backend.file.name, read_whole(backend.file))  # `init` itself would only say it cannot read it
    had_lock = _lock_before(space)
    space = space.having(run=replace(space.settled.run, lock=None))
    wanted = options or InitOptions()
    # Whether a state would be left behind is checked by ourselves, for all kinds of backends alike.
    wanted = replace(
        wanted,
        backend_change="reconfigure",
        backend_config=backend.options_file(space.root / "backend.tfbackend"),
        plugin_dirs=wanted.plugin_dirs or _plugin_dirs(space),
    )
    known = bool(_stamped(space))
    notes.clear(space.root / _STAMP)
    for part in notes.damaged(notes.directory(space.data)):
        notes.clear(part)
    try:
        _init(space, _packaged(space), wanted, module)
    except EngineError as error:
        raise error.with_(*advised(error.diagnostics, ir, remote=backend.type != "local")) from error
    accepted = options is not None and options.backend_change == "reconfigure"
    _remember(space, accepted=accepted, had_state=had_state or (not known and space.state.may_have_state()))
    _select_as_joined(space)
    space = _lock_after(space, had_lock=had_lock)
    _show_plugins(space)
    _know_schemas(space, module)
    space.last_read.clear()
    notes.write(space.root / _STAMP, json_text.dumps(_stamp(space, ir, module)))
    return space


def _know_schemas(space: Workspace, module: Module) -> None:
    """Take the providers' schemas from another project that had the same ones, or ask for them."""
    from nivis_tofu.project.shared_schemas import learn  # only an `init` needs it

    tofu, run = space.tofu, space.settled.run
    required = (module.document.get("terraform") or {}).get("required_providers") or {}
    wanted = {full_source(p["source"], tofu.kind) for p in required.values() if "source" in p} - {BUILTIN}
    learn(space.schemas, tofu, run.lock_file, wanted, sharing=not space.settled.packages)


def _init(space: Workspace, tofu: Tofu, wanted: InitOptions, module: Module) -> None:
    """Run `init`; where a state with the engine's own name lies, the backend is initialised apart from it.

    The engine would want to move that state to any backend that its data directory does not know yet.
    """
    if not (wanted.backend and any((space.settled.run.path / name).exists() for name in _ENGINES_STATES)):
        tofu.init(wanted)
        return
    apart = space.root / "backend"
    notes.clear(apart)
    notes.write(apart / MODULE_FILE, json_text.dumps(_backend_module(space, module)))
    # A backend's block may use variables, and these values that lie beside it.
    blocks = space.settled.joined.all if space.settled.joined else ()
    own = [b.text for path, b in blocks if b.kind in _STATIC and path.suffix != ".json"]
    notes.write(apart / "static.tf", "\n".join(own) + "\n")
    for values in space.settled.run.home.glob("*.tfvars*"):
        (apart / values.name).symlink_to(values)
    undeclared = replace(space.settled.run, joined=False).site(space.root).hushed
    site = Site(apart, scratch=space.root, var_files=tofu.site.var_files, hushed=undeclared)
    tofu.at(site).init(replace(wanted, upgrade=False, lockfile=""))
    copy_file(apart / ".terraform/terraform.tfstate", space.data / "terraform.tfstate")
    notes.clear(apart)
    tofu.init(replace(wanted, backend=False, backend_change="", backend_config=()))


def _backend_module(space: Workspace, module: Module) -> dict[str, Any]:
    """What the engine needs to know of the module to set its backend up."""
    block = module.document.get("terraform") or {}
    override = module.override.get("terraform") or {}
    terraform = {k: v for k, v in block.items() if k in ("backend", "encryption")} | {
        k: v for k, v in override.items() if k == "backend"
    }
    if space.settled.joined and "backend" not in terraform:
        kind, settings = space.settled.joined.terraform["backend"]
        terraform["backend"] = {kind: settings}
    return {"terraform": terraform, **{k: module.document[k] for k in _STATIC if k in module.document}}


def _lock_before(space: Workspace) -> bool:
    """The lock file where `init` looks for it; is there one?"""
    home = space.settled.run.lock_file
    there = home.exists()
    if not there and (other := _lock_of_others(space)):
        copy_file(other, home)
        there = not space.namespace.stack
    return there


def _lock_of_others(at: Directories) -> Path | None:
    """The lock file of the whole project, where the engine once ran beside its module; for a stack also that of another
    one, so that all have the same versions. `init` takes out what this one does not use."""
    beside = [at.project / LOCK_FILE]
    if at.namespace.stack:
        beside += sorted(at.project.glob("nivis.*.lock.hcl"))
    return next((path for path in beside if path.is_file()), None)


def _lock_after(space: Workspace, *, had_lock: bool) -> Workspace:
    """What the user commits is without the providers that Nix packages; the engine wants those as well."""
    made, home = space.settled.run.path / LOCK_FILE, space.settled.run.lock_file
    if not made.exists():
        return space
    text = made.read_text(encoding="utf-8")
    kept = provider_mirror.unlocked(text, space.settled.packages)
    if space.settled.packages:
        notes.write(space.work / LOCK_FILE, text)
        space = space.having(run=replace(space.settled.run, lock=text))
    # Of a configuration without providers there is none, unless there was one before.
    if "provider " in kept or had_lock:
        write_if_changed(home, kept)
        home.chmod(0o644)  # the user commits it
    else:
        home.unlink(missing_ok=True)
    return space


def keep_lock(space: Workspace) -> None:
    """What a command of the user's own changed in the lock file."""
    if space.settled.run.linked or not space.settled.packages:
        _lock_after(space, had_lock=True)


def _plugin_dirs(space: Workspace) -> tuple[str, ...]:
    """What `init -plugin-dir` named. The engine only notes it; here it holds for each `init` that follows."""
    noted = notes.read_json(space.data / "plugin_path")
    return tuple(map(str, noted)) if isinstance(noted, list) else ()


def _select_as_joined(space: Workspace) -> None:
    """The workspace that stock OpenTofu has selected in a joined root module, if none was selected here yet."""
    ours = space.data / "environment"
    if space.settled.joined and not ours.exists() and not space.settled.backend.chosen:
        notes.write(ours, stock_data.workspace(space.settled.joined.directory))


def _packaged(space: Workspace) -> Tofu:
    """The engine whose `init` finds providers that Nix packages in a mirror; later commands use what it linked."""
    tofu, env = space.tofu, space.tofu.env
    if space.settled.packages:
        env = provider_mirror.offered(space.root, space.settled.packages, env)
    if space.namespace.stack and tofu.kind == "tofu" and not env.get("TF_PLUGIN_CACHE_DIR"):
        # One copy for all stacks. OpenTofu locks it; two stacks may be initialised at once.
        env = {**env, "TF_PLUGIN_CACHE_DIR": str(notes.directory(space.project / ".nivis" / "providers"))}
    return tofu.at(env=env)


def _show_plugins(space: Workspace) -> None:
    """Let stock `tofu state …` work in the project directory: beside a lock file it wants the plugins."""
    beside, plugins = space.project / ".terraform", space.data / "providers"
    if (space.project / LOCK_FILE).exists() and not beside.exists() and plugins.is_dir():
        beside.mkdir(mode=0o700)
        write_if_changed(beside / ".gitignore", "*\n")
        (beside / "providers").symlink_to(os.path.relpath(plugins, beside))


def _remember(space: Workspace, *, accepted: bool, had_state: bool) -> None:
    memory, backend = space.memory, space.settled.backend
    if backend.chosen:
        return
    if memory.mark != backend.mark:
        stock = None if memory.mark else settled.stock(space, space.settled.joined)
        memory = memory.moved(backend, had_state=had_state)
        if stock and stock.may_have_state and not stock.is_at(backend):
            memory = replace(memory, previous=stock.remembered(space.project))
    replace(memory, accepted=accepted or memory.accepted).write(space.memory_file)


def _stamp(space: Workspace, ir: IR, module: Module) -> dict[str, Any]:
    """What `init` depends on."""
    exe = space.tofu.exe.stat()
    lock = space.settled.run.lock_file
    terraform = module.document.get("terraform") or {}
    calls = module.document.get("module") or {}
    modules = {
        n: [m["source"], m.get("version"), local_digest(space.settled.run.path / m["source"])] for n, m in calls.items()
    }
    return {
        "engine": [str(space.tofu.exe), exe.st_size, exe.st_mtime_ns],
        "terraform": hashlib.sha256(json_text.dumps(terraform).encode()).hexdigest(),
        "lock": lock.read_text(encoding="utf-8") if lock.exists() else "",
        "modules": modules,
        "packages": [provider_mirror.stamp(p) for p in space.settled.packages],
        "root": space.settled.joined.digest if space.settled.joined else "",
        "cli_config": space.tofu.env.get("TF_CLI_CONFIG_FILE", ""),
        "place": space.place(ir).mark,
        "run": {
            "home": os.path.relpath(space.settled.run.home, space.project),
            "joined": space.settled.run.joined,
            "linked": space.settled.run.linked,
            "packages": bool(space.settled.packages),
        },
        "chosen": space.settled.backend.chosen,
        "left": notes.left_by_init(space.data),
        "data": str(space.data_given or ""),
    }


def without_backend(root: Path) -> bool:
    """Did the last `init` leave the declared backend aside?"""
    stamp = notes.read_json(root / _STAMP)
    return isinstance(stamp, dict) and bool(stamp.get("chosen"))
