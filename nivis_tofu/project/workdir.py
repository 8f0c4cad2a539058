"""The working directory below `.nivis/`: `init` of the engine, only when it is needed."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import EngineError
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.providers import BUILTIN, full_source
from nivis_tofu.project import (
    backends,
    legacy,
    links,
    provider_mirror,
    stock_data,
)
from nivis_tofu.project.init_advice import advised
from nivis_tofu.project.run_directory import LOCK_FILE, RunDirectory
from nivis_tofu.project.shared_schemas import learn
from nivis_tofu.project.state_access import StateAccess
from nivis_tofu.project.state_file import read_whole
from nivis_tofu.render.module import Module
from nivis_tofu.system import notes
from nivis_tofu.system.files import write_if_changed
from nivis_tofu.tofu.argv import InitOptions
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.site import Site

MODULE_FILE = links.MAIN
_STATIC = ("variable", "locals")
"""Blocks that the engine reads before it has a backend."""
_ENGINES_STATES = ("terraform.tfstate", "terraform.tfstate.d")


class Workspace(StateAccess):
    """The directories of one project, prepared for the engine that works in them."""

    def clear(self) -> None:
        """Take away what a run that was killed has left beside the user's files."""
        (self._remembered_run or self.run).clear()

    @property
    def is_ready(self) -> bool:
        """Has the backend been initialised, so that the state can be read before anything is evaluated?"""
        stamp, run = self._stamped, self._remembered_run
        if run is None or not self._has_data or stamp.get("left") != notes.left_by_init(self.data):
            return False
        place = self._default()
        if stamp.get("chosen") is not place.chosen or stamp.get("data") != str(self.data_given or ""):
            return False  # what is ready is another state than the one that is asked for
        now = self.memory.now
        self._place = place if place.chosen or not now else backends.recall(now, self.project)
        self._settle(run)
        return True

    @property
    def _remembered_run(self) -> RunDirectory | None:
        """Where the engine ran last; None if that is not known."""
        match self._stamped.get("run"):
            case {"home": str(home), "joined": bool(joined), "linked": bool(linked), "packages": bool(packages)}:
                place = Path(os.path.normpath(self.project / home))
                lock = notes.read(self.work / LOCK_FILE) if packages else None
                return replace(self.run, home=place, joined=joined, linked=linked, lock=lock)
            case _:
                return None

    def needs_init(self, ir: IR, module: Module) -> bool:
        """Did providers, modules, backend or engine change since the last `init`?"""
        ready = self._has_data and self.schemas.known
        return not ready or self._stamped != self._stamp(ir, module)

    @property
    def _stamped(self) -> dict[str, Any]:
        """What the last `init` was for; empty if that is not known."""
        found = notes.read_json(self._stamp_file)
        return found if isinstance(found, dict) else {}

    @property
    def _has_data(self) -> bool:
        """Is what `init` left for the engine there, and whole?"""
        return self.data.is_dir() and not notes.damaged(self.data)

    def prepare(self, ir: IR, module: Module, options: InitOptions | None = None, *, had_state: bool = False) -> None:
        """Run `init`, and ask for schemas, if that is needed or options are given.

        `had_state`: there was a state where the last `init` pointed to.
        """
        self._place = self.place(ir)
        if options is None and not self.needs_init(ir, module):
            return
        if (file := self._place.file) and file.exists():
            legacy.refuse(file.name, read_whole(file))  # `init` itself would only say that it cannot read it
        had_lock = self._lock_before()
        given = self._place.options_file(self.root / "backend.tfbackend")
        wanted = options or InitOptions()
        # Whether a state would be left behind is checked by ourselves, for all kinds of backends alike.
        wanted = replace(
            wanted,
            backend_change="reconfigure",
            backend_config=given,
            plugin_dirs=wanted.plugin_dirs or self._plugin_dirs(),
        )
        known = bool(self._stamped)
        notes.clear(self._stamp_file)
        for part in notes.damaged(notes.directory(self.data)):
            notes.clear(part)
        try:
            self._init(self._packaged(), wanted, module)
        except EngineError as error:
            error.diagnostics = advised(error.diagnostics, ir, remote=self._place.type != "local")
            raise
        accepted = options is not None and options.backend_change == "reconfigure"
        self._remember(accepted=accepted, had_state=had_state or (not known and self.may_have_state()))
        self._select_as_joined()
        self._lock_after(had_lock=had_lock)
        self._show_plugins()
        self._know_schemas(module)
        self._last = None
        notes.write(self._stamp_file, json_text.dumps(self._stamp(ir, module)))

    def _know_schemas(self, module: Module) -> None:
        """Take the providers' schemas from another project that had the same ones, or ask for them."""
        required = (module.document.get("terraform") or {}).get("required_providers") or {}
        wanted = {full_source(p["source"], self.tofu.kind) for p in required.values() if "source" in p} - {BUILTIN}
        learn(self.schemas, self.tofu, self._lock_file, wanted, sharing=not self.packages)

    def _init(self, tofu: Tofu, wanted: InitOptions, module: Module) -> None:
        """Run `init`; where a state with the engine's own name lies, the backend is initialised apart from it.

        The engine would want to move that state to any backend that its data directory does not know yet.
        """
        if not (wanted.backend and any((self.run.path / name).exists() for name in _ENGINES_STATES)):
            tofu.init(wanted)
            return
        apart = self.root / "backend"
        notes.clear(apart)
        notes.write(apart / MODULE_FILE, json_text.dumps(self._backend_module(module)))
        # A backend's block may use variables, and these values that lie beside it.
        own = [b.text for p, b in (self.joined.all if self.joined else ()) if b.kind in _STATIC and p.suffix != ".json"]
        notes.write(apart / "static.tf", "\n".join(own) + "\n")
        for values in self.run.home.glob("*.tfvars*"):
            (apart / values.name).symlink_to(values)
        undeclared = replace(self.run, joined=False).site(self.root).hushed
        site = Site(apart, scratch=self.root, var_files=tofu.site.var_files, hushed=undeclared)
        tofu.at(site).init(replace(wanted, upgrade=False, lockfile=""))
        shutil.copyfile(apart / ".terraform/terraform.tfstate", self.data / "terraform.tfstate")
        notes.clear(apart)
        tofu.init(replace(wanted, backend=False, backend_change="", backend_config=()))

    def _backend_module(self, module: Module) -> dict[str, Any]:
        """What the engine needs to know of the module to set its backend up."""
        block = module.document.get("terraform") or {}
        override = module.override.get("terraform") or {}
        terraform = {k: v for k, v in block.items() if k in ("backend", "encryption")} | {
            k: v for k, v in override.items() if k == "backend"
        }
        if self.joined and "backend" not in terraform:
            kind, settings = self.joined.terraform["backend"]
            terraform["backend"] = {kind: settings}
        return {"terraform": terraform, **{k: module.document[k] for k in _STATIC if k in module.document}}

    def _lock_before(self) -> bool:
        """The lock file where `init` looks for it; is there one?"""
        home = self._lock_file
        there = home.exists()
        if not there and (other := self._lock_of_others()):
            shutil.copyfile(other, home)
            there = not self.namespace.stack
        self._settle(replace(self.run, lock=None))
        return there

    def _lock_of_others(self) -> Path | None:
        """The lock file of the whole project, where the engine once ran beside its module; for a stack also that of
        another one, so that all have the same versions. `init` takes out what this one does not use."""
        beside = [self.project / LOCK_FILE]
        if self.namespace.stack:
            beside += sorted(self.project.glob("nivis.*.lock.hcl"))
        return next((path for path in beside if path.is_file()), None)

    def _lock_after(self, *, had_lock: bool) -> None:
        """What the user commits is without the providers that Nix packages; the engine wants those as well."""
        made, home = self.run.path / LOCK_FILE, self._lock_file
        if not made.exists():
            return
        text = made.read_text(encoding="utf-8")
        kept = provider_mirror.unlocked(text, self.packages)
        if self.packages:
            notes.write(self.work / LOCK_FILE, text)
            self._settle(replace(self.run, lock=text))
        # Of a configuration without providers there is none, unless there was one before.
        if "provider " in kept or had_lock:
            write_if_changed(home, kept)
            home.chmod(0o644)  # the user commits it
        else:
            home.unlink(missing_ok=True)

    def keep_lock(self) -> None:
        """What a command of the user's own changed in the lock file."""
        if self.run.linked or not self.packages:
            self._lock_after(had_lock=True)

    def _plugin_dirs(self) -> tuple[str, ...]:
        """What `init -plugin-dir` named. The engine only notes it; here it holds for each `init` that follows."""
        noted = notes.read_json(self.data / "plugin_path")
        return tuple(map(str, noted)) if isinstance(noted, list) else ()

    def _select_as_joined(self) -> None:
        """The workspace that stock OpenTofu has selected in a joined root module, if none was selected here yet."""
        ours = self.data / "environment"
        if self.joined and not ours.exists() and not self._place.chosen:
            notes.write(ours, stock_data.workspace(self.joined.directory))

    def _packaged(self) -> Tofu:
        """The engine whose `init` finds providers that Nix packages in a mirror; later commands use what it linked."""
        env = self.tofu.env
        if self.packages:
            env = provider_mirror.offered(self.root, self.packages, env)
        if self.namespace.stack and self.tofu.kind == "tofu" and not env.get("TF_PLUGIN_CACHE_DIR"):
            # One copy for all stacks. OpenTofu locks it; two stacks may be initialised at once.
            env = {**env, "TF_PLUGIN_CACHE_DIR": str(notes.directory(self.project / ".nivis" / "providers"))}
        return self.tofu if env is self.tofu.env else self.tofu.at(env=env)

    def _show_plugins(self) -> None:
        """Let stock `tofu state …` work in the project directory: beside a lock file it wants the plugins."""
        beside, plugins = self.project / ".terraform", self.data / "providers"
        if (self.project / LOCK_FILE).exists() and not beside.exists() and plugins.is_dir():
            beside.mkdir()
            write_if_changed(beside / ".gitignore", "*\n")
            (beside / "providers").symlink_to(os.path.relpath(plugins, beside))

    def _remember(self, *, accepted: bool, had_state: bool) -> None:
        memory = self.memory
        if not self._place.chosen and memory.mark != self._place.mark:
            stock = None if memory.mark else self._stock()
            memory = memory.moved(self._place, had_state=had_state)
            if stock and stock.may_have_state and not stock.is_at(self._place):
                memory = replace(memory, previous=stock.remembered(self.project))
        if not self._place.chosen:
            replace(memory, accepted=accepted or memory.accepted).write(self._memory_file)

    def _stamp(self, ir: IR, module: Module) -> dict[str, Any]:
        """What `init` depends on."""
        exe = self.tofu.exe.stat()
        lock = self._lock_file
        terraform = module.document.get("terraform") or {}
        calls = module.document.get("module") or {}
        modules = {
            n: [m["source"], m.get("version"), local_digest(self.run.path / m["source"])] for n, m in calls.items()
        }
        return {
            "engine": [str(self.tofu.exe), exe.st_size, exe.st_mtime_ns],
            "terraform": hashlib.sha256(json_text.dumps(terraform).encode()).hexdigest(),
            "lock": lock.read_text(encoding="utf-8") if lock.exists() else "",
            "modules": modules,
            "packages": [provider_mirror.stamp(p) for p in self.packages],
            "root": self.joined.digest if self.joined else "",
            "cli_config": self.tofu.env.get("TF_CLI_CONFIG_FILE", ""),
            "place": self.place(ir).mark,
            "run": {
                "home": os.path.relpath(self.run.home, self.project),
                "joined": self.run.joined,
                "linked": self.run.linked,
                "packages": bool(self.packages),
            },
            "chosen": self._place.chosen,
            "left": notes.left_by_init(self.data),
            "data": str(self.data_given or ""),
        }


def without_backend(root: Path) -> bool:
    """Did the last `init` leave the declared backend aside?"""
    stamp = notes.read_json(root / "init.json")
    return isinstance(stamp, dict) and bool(stamp.get("chosen"))


def local_digest(directory: Path) -> str:
    """Of a local module's files, modules below it included: a new provider or call in one needs an `init`."""
    texts = [f.read_bytes() for f in sorted(directory.rglob("*.t*f*")) if f.is_file()] if directory.is_dir() else []
    return hashlib.sha256(b"\0".join(texts)).hexdigest() if texts else ""
