"""The working directory below `.nivis/`: generated files in, plan files and state out, `init` only when needed.

`.nivis/work` holds the module of the phase, `.nivis/preview` that of a preview (never applied). The engine reads them
there and works in the project's directory (rundir.py); its data directory is `.nivis/terraform`, to which both link.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import EngineError, NivisError
from nivis_tofu.core.masks import mask_paths
from nivis_tofu.ir import snapshot as state
from nivis_tofu.ir.ledger import Object
from nivis_tofu.ir.model import IR, Resource
from nivis_tofu.ir.providers import full_source
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.project import (
    backends,
    legacy,
    links,
    plan_state,
    provider_mirror,
    root_module,
    run_directory,
    stock_data,
)
from nivis_tofu.project.backends import Backend, Memory
from nivis_tofu.project.memory import Remembered
from nivis_tofu.project.provider_mirror import Packaged
from nivis_tofu.project.root_module import RootModule
from nivis_tofu.project.run_directory import GIVEN_FILE, GUARD_FILE, LOCK_FILE, SECRETS_FILE, RunDirectory
from nivis_tofu.project.schema_cache import Schemas
from nivis_tofu.project.state_file import has_resources, read_whole, rescued
from nivis_tofu.project.stock_data import Recorded
from nivis_tofu.render.module import Module, file_text
from nivis_tofu.system import notes
from nivis_tofu.system.destination import Destinations
from nivis_tofu.system.files import write_if_changed
from nivis_tofu.tofu.argv import InitOptions
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.site import Site

_INIT_HINT = (
    "For a provider or module: check its `source` and `version`; without a network, name a mirror in the file that "
    "TF_CLI_CONFIG_FILE points to. For a backend: check its settings and credentials."
)
MODULE_FILE = links.MAIN
_STATIC = ("variable", "locals")
"""Blocks that the engine reads before it has a backend."""
_ENGINES_STATES = ("terraform.tfstate", "terraform.tfstate.d")
_PLAIN = "$&+,:;=@"
"""Signs that the engine, too, takes in a workspace's name as they are; not the slash."""


@dataclass
class Workspace:
    """The directories of one project and the engine that works in them."""

    project: Path
    root: Path
    state_file: Path
    tofu: Tofu
    force_local: bool = False
    state_chosen: bool = False
    """Did the user name a state file?"""
    backend_config: tuple[str, ...] = ()
    """`-backend-config` of this command."""
    data_given: Path | None = None
    """TF_DATA_DIR of the user: where the engine keeps providers, modules and what it knows of the backend."""
    root_given: Path | None = None
    """`--root`: the directory of a root module that joins."""

    def __post_init__(self) -> None:
        self.work, self.preview = self.root / "work", self.root / "preview"
        self.data = self.data_given or self.root / "terraform"
        for path in (self.work, self.preview):
            notes.directory(path)
        self.plan_file = notes.free(self.root / "phase.tfplan")
        self.preview_file = notes.free(self.root / "preview.tfplan")
        self.schemas = Schemas(self.root / "schema.zip")
        self._stamp_file = self.root / "init.json"
        self.remembered = Remembered(self.root)
        self._memory_file = self.root / "backend.json"
        self._elsewhere: Path | None = None
        self._place = self._default()
        self.joined: RootModule | None = None
        self.run = RunDirectory(self.project, self.work, self.data)
        self._settle(self.run)
        self.packages: tuple[Packaged, ...] = ()
        """Providers that lie in directories."""
        self._last: tuple[bytes, state.Snapshot] | None = None

    def _default(self) -> Backend:
        chosen = self.force_local or self.state_chosen
        return replace(backends.default(self.state_file, self.project), chosen=chosen)

    @property
    def target(self) -> Path:
        """Where what is rendered will lie: relative paths in it hold there."""
        return self._elsewhere or self.run.path

    def block(self, ir: IR) -> dict[str, Any]:
        """The `backend` block of what is rendered."""
        return self.place(ir).block(self.target)

    def settle(self, ir: IR) -> None:
        """Decide where the engine runs for this configuration."""
        root = self.root_module(ir)
        home = root.directory if root else self.project
        linked = not os.access(home, os.W_OK) or not all(
            run_directory.shadowable(p.name, self.tofu.kind) for p in self._in_the_way(root, ir)
        )
        self._settle(replace(self.run, home=home, joined=root is not None, linked=linked))

    def take_place(self, ir: IR) -> None:
        """From here on the state is where this configuration has it."""
        self._place = self.place(ir)

    def _in_the_way(self, root: RootModule | None, ir: IR) -> list[Path]:
        """Files of the user's that a phase may have to do without, whole or in part."""
        if root is None:
            return [p for p in links.entries(self.project) if p.name.endswith(links.SUFFIXES)]
        absent = ir.by_address.keys() - ir.foreign.keys()
        return [path for path, _ in root.dropping(root.left_out(absent), absent)]

    def _settle(self, run: RunDirectory) -> None:
        self.run = run
        self.tofu.site = run.site(self.root)

    def preview_site(self) -> Site:
        """Where a preview is planned."""
        return replace(self.run, rendered=self.preview).site(self.root)

    def place(self, ir: IR) -> Backend:
        """The declared backend, or the local one with the state in the project."""
        found = self.declared(ir)
        if found is None or self.force_local or (self.state_chosen and found.is_local):
            return self._default()
        given = backends.merged(self.backend_config, self.project)
        if not given and (now := self.memory.now).get("type") == found.type:
            given = tuple(now["given"])  # given to an earlier `init`
        elif not given and not now and (stock := self._stock()) and stock.is_at(found):
            given = stock.missing_in(found)
        return replace(found, given=given)

    def _stock(self) -> Recorded | None:
        """The backend that OpenTofu itself used in the project, or in the root module that joins."""
        return stock_data.backend(self.joined.directory if self.joined else self.project)

    def declared(self, ir: IR) -> Backend | None:
        """The backend of the flake, or of a joined root module."""
        if ir.backend is not None:
            return backends.declared(ir.backend, self.project)
        root = self.root_module(ir)
        if root is None:
            return None
        kind, settings = root.terraform.get("backend", ("", {}))
        if kind not in ("", "local"):
            return Backend(kind, settings, written=False, project=self.project)
        if kind and (stock := self._stock()) and stock.type == kind:
            settings = {**stock.settings, **settings}  # what the block leaves open was given to `tofu init`
        file = root.directory / settings.get("path", "terraform.tfstate")
        folder = root.directory / settings.get("workspace_dir", "terraform.tfstate.d")
        if not (kind or file.exists() or folder.is_dir()) and has_resources(self.state_file):
            return None  # the flake had a state before it was joined
        return backends.local(file, folder, self.project)

    def root_module(self, ir: IR) -> RootModule | None:
        """The root module that joins; read once."""
        named = self.root_given or (self.project / ir.root_module if ir.root_module else None)
        if named is None:
            self.joined = None
        elif self.joined is None or self.joined.directory != named:
            self.joined = root_module.read(named)
        return self.joined

    @property
    def destinations(self) -> Destinations:
        """What may be written for the user: no state, wherever it lies."""
        now = self.memory.now
        files = [self.project / now[name] for name in ("file", "folder") if now.get(name)]
        places = [p for b in (self._default(), self._place) for p in (b.file, b.folder) if p]
        return Destinations(self.project, [*files, *places])

    @property
    def memory(self) -> Memory:
        return Memory.read(self._memory_file)

    def module_source(self, source: str) -> str:
        """A path is relative to the project for the user, and to the module's directory for the engine."""
        if not source.startswith(("./", "../")):
            return source
        found = os.path.relpath(self.project / source, self.target)
        return found if found.startswith("../") else f"./{found}"  # without it the engine takes it for a registry's

    def schema(self, ir: IR, resource: Resource) -> BlockSchema | None:
        if resource.mode == "module":
            return None
        source = full_source(ir.providers[resource.provider].source, self.tofu.kind)
        return self.schemas.block(source, "data" if resource.mode == "data" else "resource", resource.type)

    def write(self, module: Module, *, preview: bool = False) -> Path:
        """Put a module into its directory; files that did not change are not touched."""
        target = self.preview if preview else self.work
        texts = {
            MODULE_FILE: file_text(run_directory.guarded(module.document)),
            GUARD_FILE: run_directory.guard_values(),
            SECRETS_FILE: module.secrets_text if module.secrets else "",
            GIVEN_FILE: file_text(module.given) if module.given else "",
            links.OVERRIDE: file_text(module.override) if module.override else "",
        }
        for name, text in texts.items():
            if text:
                notes.write(target / name, text)
            else:
                notes.clear(target / name)
        self._link(target, module)
        return target

    def _link(self, target: Path, module: Module) -> None:
        """The rest of a directory in which stock OpenTofu reads the state: data, lock file, what the user has."""
        links.point(target / ".terraform", self.data)
        if self.run.lock is None:
            links.point(target / LOCK_FILE, self._lock_file)
        else:
            notes.write(target / LOCK_FILE, self.run.lock)
        if self.joined:
            self.joined.put(target, module.left_out, module.absent, *self._state_entries())
            return
        found = [p for p in links.entries(self.project) if not p.name.endswith(links.SUFFIXES)]
        links.link_all(target, {p.name: p for p in (*found, *self._state_entries())})

    def _state_entries(self) -> list[Path]:
        """Entries of the run directory through which a local state is found, unless it is found from `.nivis/` too."""
        if not self._place.file or self.run.linked:
            return []
        places = [Path(str(value)) for value in self._place.arguments(self.run.path).values()]
        return [self.run.path / p.parts[0] for p in places if p.parts[0] != ".." and not p.is_absolute()]

    @property
    def _lock_file(self) -> Path:
        return self.run.home / LOCK_FILE

    @contextlib.contextmanager
    def rendering_for(self, directory: Path) -> Iterator[None]:
        """What is rendered meanwhile is for another directory."""
        self._elsewhere = directory
        try:
            yield
        finally:
            self._elsewhere = None

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
            error.diagnostics = tuple(d if d.hint else replace(d, hint=_INIT_HINT) for d in error.diagnostics)
            raise
        accepted = options is not None and options.backend_change == "reconfigure"
        self._remember(accepted=accepted, had_state=had_state or (not known and self.may_have_state()))
        self._select_as_joined()
        self._lock_after(had_lock=had_lock)
        self._show_plugins()
        self.schemas.store(self.tofu.providers_schema())
        self._last = None
        notes.write(self._stamp_file, json_text.dumps(self._stamp(ir, module)))

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
        if not home.exists() and (self.project / LOCK_FILE).exists():
            shutil.copyfile(self.project / LOCK_FILE, home)  # beside the flake, before the engine ran beside its module
        self._settle(replace(self.run, lock=None))
        return home.exists()

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
        if not self.packages:
            return self.tofu
        return self.tofu.at(env=provider_mirror.offered(self.root, self.packages, self.tofu.env))

    def _show_plugins(self) -> None:
        """Let stock `tofu state …` work in the project directory: beside a lock file it wants the plugins."""
        beside, plugins = self.project / ".terraform", self.data / "providers"
        if (self.project / LOCK_FILE).exists() and not beside.exists() and plugins.is_dir():
            beside.mkdir()
            write_if_changed(beside / ".gitignore", "*\n")
            (beside / "providers").symlink_to(os.path.relpath(plugins, beside))

    def may_have_state(self) -> bool:
        """After an `init` that failed nobody can ask the old backend."""
        now = self.memory.now
        return bool(now) and (not now["file"] or has_resources(self.project / now["file"]))

    def _remember(self, *, accepted: bool, had_state: bool) -> None:
        memory = self.memory
        if not self._place.chosen and memory.mark != self._place.mark:
            stock = None if memory.mark else self._stock()
            memory = memory.moved(self._place, had_state=had_state)
            if stock and stock.may_have_state and not stock.is_at(self._place):
                memory = replace(memory, previous=stock.remembered(self.project))
        if not self._place.chosen:
            replace(memory, accepted=accepted or memory.accepted).write(self._memory_file)

    def forget_previous(self) -> None:
        """The state has been moved here: nothing is left behind any more."""
        replace(self.memory, previous={}, accepted=False).write(self._memory_file)

    def undeclared(self, ir: IR) -> Backend | None:
        """The place of a state that is in use without any declaration, where another place is declared now."""
        unused, memory = self._default(), self.memory
        if self.place(ir).chosen or self.place(ir).file == unused.file or not unused.file:
            return None
        known = [backends.recall(body, self.project).file for body in (memory.now, memory.previous) if body]
        used = not memory.accepted and (not known or unused.file in known)
        return unused if used and has_resources(unused.file) else None

    def left_behind(self, fresh: state.Snapshot) -> Backend | None:
        """Where a state lies that this run would leave behind: the one in use is empty."""
        memory = self.memory
        if fresh.addresses or fresh.outputs or self._place.chosen or memory.accepted:
            return None
        if memory.previous:
            return backends.recall(memory.previous, self.project)
        unused = self._default()
        if self._place.file != unused.file and unused.file and has_resources(unused.file):
            return unused
        return None

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

    def snapshot(self) -> state.Snapshot:
        """The state now; raw state costs no engine process with providers, a local file none at all."""
        text = self.raw_state()
        mark = hashlib.sha256(text.encode()).digest()
        if self._last is None or self._last[0] != mark:
            try:
                found = state.read(text, self.schemas)
                if text.strip() and not (found.lineage or found.instances) and self._place.is_local:
                    raise EngineError.of("", "It has no lineage, which the engine gives to each that it writes.")
                self._last = (mark, found)
            except EngineError as error:
                raise self._damaged(error) from error
        return self._last[1]

    def raw_state(self) -> str:
        if self._place.is_local and "TF_ENCRYPTION" not in self.tofu.env:
            path = self.local_state_path()
            try:
                text = read_whole(path)
            except FileNotFoundError:
                return ""
            legacy.refuse(path.name, text)
            if not text.strip() and has_resources(self.root / "backup.tfstate"):
                # An empty file is what the engine makes of a state when it locks one that is new; this one is not.
                raise self._damaged(EngineError.of("", f"{path} is empty. Remove it if that is meant."))
            if '"encrypted_data"' not in text[:4096]:
                return text
        return self.tofu.state_pull()

    def local_state_path(self) -> Path:
        """The file of the selected engine workspace."""
        name, file, folder = self.current_workspace(), self._place.file, self._place.folder
        assert file
        assert folder
        return file if name == "default" else folder / name / "terraform.tfstate"

    @property
    def state_name(self) -> str:
        """What tells the states of a project from each other: a file that was chosen, and the engine's workspace."""
        file = os.path.relpath(self.state_file, self.project) if self.state_chosen else ""
        return f"{self.current_workspace()}:{file}"

    def current_workspace(self) -> str:
        if chosen := self.tofu.env.get("TF_WORKSPACE"):
            return chosen
        note = self.data / "environment"
        if not os.path.lexists(note):
            return "default"
        text = notes.read(note)
        name, why = (text or "").strip() or "default", ""
        if text is None or name != quote(name, safe=_PLAIN):
            why = "is damaged"
        elif name != "default" and (folder := self._place.folder) and not (folder / name).is_dir():
            why = f"says `{name}`, and there is no such workspace"
        if why:
            raise NivisError.of(
                "The selected workspace is not known",
                f"{note}, where the engine notes it, {why}.",
                f"Remove it, and select the workspace again unless it is `default`: rm -r {shlex.quote(str(note))}; "
                "nivis workspace select NAME",
            )
        return name

    def workspace_of(self, ir: IR) -> str:
        """The workspace that a run of this configuration would use, also before the first one."""
        root = self.root_module(ir)
        if root is None or self._default().chosen or (self.data / "environment").exists():
            return self.current_workspace()
        return self.tofu.env.get("TF_WORKSPACE") or stock_data.workspace(root.directory)

    def refreshed(self, plan_file: Path) -> state.Snapshot:
        """The refreshed state in a saved plan, without an engine process where the file is readable."""
        found = plan_state.refreshed(plan_file, self.schemas)
        if found is not None:
            return found
        plan, _ = self.tofu.show_plan(plan_file)
        objects = {
            r.address: Object(r.address, r.provider, r.values, tuple(mask_paths(r.sensitive)))
            for r in plan.prior_state.resources
            if r.index is None and "module." not in r.address
        }
        now = self.snapshot()
        objects |= {a: o for a, o in now.objects.items() if a.startswith("module.")}
        return replace(now, objects=objects)

    def _damaged(self, error: EngineError) -> EngineError:
        """A state that cannot be read: nothing is touched, and where the last good one may lie is told."""
        backup = self.root / "backup.tfstate"
        where = self._place.name
        other = f"the engine's last backup is {backup}" if backup.exists() else "version control, the backend's history"
        hint = f"Put a good copy in its place ({other})."
        found = error.diagnostics[0]
        # One that has advice of its own, as of a newer format, is not damaged.
        summary = found.summary if found.hint else "The state cannot be read"
        detail = f"The state ({where}): {found.detail}"
        return EngineError(replace(found, summary=summary, detail=detail, hint=found.hint or hint))

    def rescue(self) -> Path | None:
        """Where the state went that the engine could not save; out of `.nivis/`, which may be deleted."""
        return rescued(self.run.home, self.work, self.tofu.site.path)

    @property
    def backup(self) -> str:
        """Where the engine puts the local state's backup: not beside the user's file."""
        return str(notes.free(self.root / "backup.tfstate")) if self._place.is_local else ""


def without_backend(root: Path) -> bool:
    """Did the last `init` leave the declared backend aside?"""
    stamp = notes.read_json(root / "init.json")
    return isinstance(stamp, dict) and bool(stamp.get("chosen"))


def local_digest(directory: Path) -> str:
    """Of a local module's files, modules below it included: a new provider or call in one needs an `init`."""
    texts = [f.read_bytes() for f in sorted(directory.rglob("*.t*f*")) if f.is_file()] if directory.is_dir() else []
    return hashlib.sha256(b"\0".join(texts)).hexdigest() if texts else ""
