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
from nivis_tofu.project.workdir import MODULE_FILE, Workdir, local_digest
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


def recalled(workdir: Workdir) -> Workdir | None:
    """As the last `init` left it; None where the state cannot be read before anything is evaluated."""
    stamp, run = _stamped(workdir), _remembered_run(workdir)
    if run is None or not _whole(workdir.data) or stamp.get("left") != notes.left_by_init(workdir.data):
        return None
    if stamp.get("chosen") is not workdir.default.chosen or stamp.get("data") != str(workdir.data_given or ""):
        return None  # what is ready is another state than the one that is asked for
    now = workdir.memory.now
    backend = workdir.default if workdir.default.chosen or not now else backends.recall(now, workdir.project)
    return workdir.having(backend=backend, run=run)


def clear(workdir: Workdir) -> None:
    """Take away what a run that was killed has left beside the user's files."""
    (_remembered_run(workdir) or workdir.settled.run).clear()


def _remembered_run(workdir: Workdir) -> RunDirectory | None:
    """Where the engine ran last; None if that is not known."""
    match _stamped(workdir).get("run"):
        case {"home": str(home), "joined": bool(joined), "linked": bool(linked), "packages": bool(packages)}:
            place = Path(os.path.normpath(workdir.project / home))
            lock = notes.read(workdir.work / LOCK_FILE) if packages else None
            return replace(workdir.settled.run, home=place, joined=joined, linked=linked, lock=lock)
        case _:
            return None


def needed(workdir: Workdir, ir: IR, module: Module) -> bool:
    """Did providers, modules, backend or engine change since the last `init`?"""
    return not (_whole(workdir.data) and workdir.schemas.known) or _stamped(workdir) != _stamp(workdir, ir, module)


def _stamped(at: Directories) -> dict[str, Any]:
    """What the last `init` was for; empty if that is not known."""
    found = notes.read_json(at.root / _STAMP)
    return found if isinstance(found, dict) else {}


def _whole(data: Path) -> bool:
    """Is what `init` left for the engine there, and undamaged?"""
    return data.is_dir() and not notes.damaged(data)


def prepare(
    workdir: Workdir, ir: IR, module: Module, options: InitOptions | None = None, *, had_state: bool = False
) -> Workdir:
    """Run `init`, and ask for schemas, if that is needed or options are given; the engine can work in what is returned.

    `had_state`: there was a state where the last `init` pointed to. Raises EngineError.
    """
    if options is None and not needed(workdir, ir, module):
        return workdir
    backend = workdir.settled.backend
    if backend.file and backend.file.exists():
        legacy.refuse(backend.file.name, read_whole(backend.file))  # `init` itself would only say it cannot read it
    had_lock = _lock_before(workdir)
    workdir = workdir.having(run=replace(workdir.settled.run, lock=None))
    wanted = options or InitOptions()
    # Whether a state would be left behind is checked by ourselves, for all kinds of backends alike.
    wanted = replace(
        wanted,
        backend_change="reconfigure",
        backend_config=backend.options_file(workdir.root / "backend.tfbackend"),
        plugin_dirs=wanted.plugin_dirs or _plugin_dirs(workdir),
    )
    known = bool(_stamped(workdir))
    notes.clear(workdir.root / _STAMP)
    for part in notes.damaged(notes.directory(workdir.data)):
        notes.clear(part)
    try:
        _init(workdir, _packaged(workdir), wanted, module)
    except EngineError as error:
        raise error.with_(*advised(error.diagnostics, ir, remote=backend.type != "local")) from error
    accepted = options is not None and options.backend_change == "reconfigure"
    _remember(workdir, accepted=accepted, had_state=had_state or (not known and workdir.state.may_have_state()))
    _select_as_joined(workdir)
    workdir = _lock_after(workdir, had_lock=had_lock)
    _show_plugins(workdir)
    _know_schemas(workdir, module)
    workdir.last_read.clear()
    notes.write(workdir.root / _STAMP, json_text.dumps(_stamp(workdir, ir, module)))
    return workdir


def _know_schemas(workdir: Workdir, module: Module) -> None:
    """Take the providers' schemas from another project that had the same ones, or ask for them."""
    from nivis_tofu.project.shared_schemas import learn  # only an `init` needs it

    tofu, run = workdir.tofu, workdir.settled.run
    required = (module.document.get("terraform") or {}).get("required_providers") or {}
    wanted = {full_source(p["source"], tofu.kind) for p in required.values() if "source" in p} - {BUILTIN}
    learn(workdir.schemas, tofu, run.lock_file, wanted, sharing=not workdir.settled.packages)


def _init(workdir: Workdir, tofu: Tofu, wanted: InitOptions, module: Module) -> None:
    """Run `init`; where a state with the engine's own name lies, the backend is initialised apart from it.

    The engine would want to move that state to any backend that its data directory does not know yet.
    """
    if not (wanted.backend and any((workdir.settled.run.path / name).exists() for name in _ENGINES_STATES)):
        tofu.init(wanted)
        return
    apart = workdir.root / "backend"
    notes.clear(apart)
    notes.write(apart / MODULE_FILE, json_text.dumps(_backend_module(workdir, module)))
    # A backend's block may use variables, and these values that lie beside it.
    blocks = workdir.settled.joined.all if workdir.settled.joined else ()
    own = [b.text for path, b in blocks if b.kind in _STATIC and path.suffix != ".json"]
    notes.write(apart / "static.tf", "\n".join(own) + "\n")
    for values in workdir.settled.run.home.glob("*.tfvars*"):
        (apart / values.name).symlink_to(values)
    undeclared = replace(workdir.settled.run, joined=False).site(workdir.root).hushed
    site = Site(apart, scratch=workdir.root, var_files=tofu.site.var_files, hushed=undeclared)
    tofu.at(site).init(replace(wanted, upgrade=False, lockfile=""))
    copy_file(apart / ".terraform/terraform.tfstate", workdir.data / "terraform.tfstate")
    notes.clear(apart)
    tofu.init(replace(wanted, backend=False, backend_change="", backend_config=()))


def _backend_module(workdir: Workdir, module: Module) -> dict[str, Any]:
    """What the engine needs to know of the module to set its backend up."""
    block = module.document.get("terraform") or {}
    override = module.override.get("terraform") or {}
    terraform = {k: v for k, v in block.items() if k in ("backend", "encryption")} | {
        k: v for k, v in override.items() if k == "backend"
    }
    if workdir.settled.joined and "backend" not in terraform:
        kind, settings = workdir.settled.joined.terraform["backend"]
        terraform["backend"] = {kind: settings}
    return {"terraform": terraform, **{k: module.document[k] for k in _STATIC if k in module.document}}


def _lock_before(workdir: Workdir) -> bool:
    """The lock file where `init` looks for it; is there one?"""
    home = workdir.settled.run.lock_file
    there = home.exists()
    if not there and (other := _lock_of_others(workdir)):
        copy_file(other, home)
        there = not workdir.namespace.stack
    return there


def _lock_of_others(at: Directories) -> Path | None:
    """The lock file of the whole project, where the engine once ran beside its module; for a stack also that of another
    one, so that all have the same versions. `init` takes out what this one does not use."""
    beside = [at.project / LOCK_FILE]
    if at.namespace.stack:
        beside += sorted(at.project.glob("nivis.*.lock.hcl"))
    return next((path for path in beside if path.is_file()), None)


def _lock_after(workdir: Workdir, *, had_lock: bool) -> Workdir:
    """What the user commits is without the providers that Nix packages; the engine wants those as well."""
    made, home = workdir.settled.run.path / LOCK_FILE, workdir.settled.run.lock_file
    if not made.exists():
        return workdir
    text = made.read_text(encoding="utf-8")
    kept = provider_mirror.unlocked(text, workdir.settled.packages)
    if workdir.settled.packages:
        notes.write(workdir.work / LOCK_FILE, text)
        workdir = workdir.having(run=replace(workdir.settled.run, lock=text))
    # Of a configuration without providers there is none, unless there was one before.
    if "provider " in kept or had_lock:
        write_if_changed(home, kept)
        home.chmod(0o644)  # the user commits it
    else:
        home.unlink(missing_ok=True)
    return workdir


def keep_lock(workdir: Workdir) -> None:
    """What a command of the user's own changed in the lock file."""
    if workdir.settled.run.linked or not workdir.settled.packages:
        _lock_after(workdir, had_lock=True)


def _plugin_dirs(workdir: Workdir) -> tuple[str, ...]:
    """What `init -plugin-dir` named. The engine only notes it; here it holds for each `init` that follows."""
    noted = notes.read_json(workdir.data / "plugin_path")
    return tuple(map(str, noted)) if isinstance(noted, list) else ()


def _select_as_joined(workdir: Workdir) -> None:
    """The workspace that stock OpenTofu has selected in a joined root module, if none was selected here yet."""
    ours = workdir.data / "environment"
    if workdir.settled.joined and not ours.exists() and not workdir.settled.backend.chosen:
        notes.write(ours, stock_data.workspace(workdir.settled.joined.directory))


def _packaged(workdir: Workdir) -> Tofu:
    """The engine whose `init` finds providers that Nix packages in a mirror; later commands use what it linked."""
    tofu, env = workdir.tofu, workdir.tofu.env
    if workdir.settled.packages:
        env = provider_mirror.offered(workdir.root, workdir.settled.packages, env)
    if workdir.namespace.stack and tofu.kind == "tofu" and not env.get("TF_PLUGIN_CACHE_DIR"):
        # One copy for all stacks. OpenTofu locks it; two stacks may be initialised at once.
        env = {**env, "TF_PLUGIN_CACHE_DIR": str(notes.directory(workdir.project / ".nivis" / "providers"))}
    return tofu.at(env=env)


def _show_plugins(workdir: Workdir) -> None:
    """Let stock `tofu state …` work in the project directory: beside a lock file it wants the plugins."""
    beside, plugins = workdir.project / ".terraform", workdir.data / "providers"
    if (workdir.project / LOCK_FILE).exists() and not beside.exists() and plugins.is_dir():
        beside.mkdir(mode=0o700)
        write_if_changed(beside / ".gitignore", "*\n")
        (beside / "providers").symlink_to(os.path.relpath(plugins, beside))


def _remember(workdir: Workdir, *, accepted: bool, had_state: bool) -> None:
    memory, backend = workdir.memory, workdir.settled.backend
    if backend.chosen:
        return
    if memory.mark != backend.mark:
        stock = None if memory.mark else settled.stock(workdir, workdir.settled.joined)
        memory = memory.moved(backend, had_state=had_state)
        if stock and stock.may_have_state and not stock.is_at(backend):
            memory = replace(memory, previous=stock.remembered(workdir.project))
    replace(memory, accepted=accepted or memory.accepted).write(workdir.memory_file)


def _stamp(workdir: Workdir, ir: IR, module: Module) -> dict[str, Any]:
    """What `init` depends on."""
    exe = workdir.tofu.exe.stat()
    lock = workdir.settled.run.lock_file
    terraform = module.document.get("terraform") or {}
    calls = module.document.get("module") or {}
    modules = {
        n: [m["source"], m.get("version"), local_digest(workdir.settled.run.path / m["source"])]
        for n, m in calls.items()
    }
    return {
        "engine": [str(workdir.tofu.exe), exe.st_size, exe.st_mtime_ns],
        "terraform": hashlib.sha256(json_text.dumps(terraform).encode()).hexdigest(),
        "lock": lock.read_text(encoding="utf-8") if lock.exists() else "",
        "modules": modules,
        "packages": [provider_mirror.stamp(p) for p in workdir.settled.packages],
        "root": workdir.settled.joined.digest if workdir.settled.joined else "",
        "cli_config": workdir.tofu.env.get("TF_CLI_CONFIG_FILE", ""),
        "place": workdir.place(ir).mark,
        "run": {
            "home": os.path.relpath(workdir.settled.run.home, workdir.project),
            "joined": workdir.settled.run.joined,
            "linked": workdir.settled.run.linked,
            "packages": bool(workdir.settled.packages),
        },
        "chosen": workdir.settled.backend.chosen,
        "left": notes.left_by_init(workdir.data),
        "data": str(workdir.data_given or ""),
    }


def without_backend(root: Path) -> bool:
    """Did the last `init` leave the declared backend aside?"""
    stamp = notes.read_json(root / _STAMP)
    return isinstance(stamp, dict) and bool(stamp.get("chosen"))
