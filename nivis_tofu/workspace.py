"""The working directory below `.nivis/`: generated files in, plan files and state out, `init` only when needed.

`.nivis/work` holds the module of the phase, `.nivis/preview` that of a preview (never applied); both are equally
deep, so the relative path of the local state is the same, and both use the data directory of `work`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nivis_tofu import backends, jsontext, mirror, older, rootmodule, state, stockdata
from nivis_tofu.backends import Backend, Memory
from nivis_tofu.errors import EngineError
from nivis_tofu.files import read_note, write_if_changed
from nivis_tofu.ir import IR, Resource
from nivis_tofu.ledger import Object, mask_paths
from nivis_tofu.mirror import Packaged
from nivis_tofu.providers import full_source
from nivis_tofu.remembered import Remembered
from nivis_tofu.render import Module, file_text
from nivis_tofu.rootmodule import RootModule
from nivis_tofu.schema import BlockSchema, Schemas
from nivis_tofu.statefile import has_resources, read_whole
from nivis_tofu.stockdata import Recorded
from nivis_tofu.tofu.argv import InitOptions
from nivis_tofu.tofu.client import Tofu

LOCK_FILE = ".terraform.lock.hcl"
_INIT_HINT = (
    "For a provider or module: check its `source` and `version`; without a network, name a mirror in the file that "
    "TF_CLI_CONFIG_FILE points to. For a backend: check its settings and credentials."
)
MODULE_FILE = "main.tf.json"
SECRETS_FILE = "nivis.auto.tfvars.json"
GIVEN_FILE = "~nivis.auto.tfvars.json"
"""Read last of all such files, so that what is typed wins, as with the engine's own -var."""


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
        for path in (self.work, self.preview):
            path.mkdir(mode=0o700, exist_ok=True)
        self.data = self.data_given or self.work / ".terraform"
        self.plan_file = self.root / "phase.tfplan"
        self.preview_file = self.root / "preview.tfplan"
        self.schemas = Schemas(self.root / "schema.zip")
        self._stamp_file = self.root / "init.json"
        self.remembered = Remembered(self.root)
        self._memory_file = self.root / "backend.json"
        self.target = self.work
        """Where what is rendered will lie: relative paths in it hold there."""
        self._place = self._default()
        self.joined: RootModule | None = None
        self.packages: tuple[Packaged, ...] = ()
        """Providers that lie in directories."""
        self._last: tuple[bytes, state.Snapshot] | None = None

    def _default(self) -> Backend:
        chosen = self.force_local or self.state_chosen
        return replace(backends.default(self.state_file, self.target), chosen=chosen)

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
        return stockdata.backend(self.joined.directory if self.joined else self.project)

    def declared(self, ir: IR) -> Backend | None:
        """The backend of the flake, or of a joined root module."""
        if ir.backend is not None:
            return backends.declared(ir.backend, self.project, self.target)
        root = self.root_module(ir)
        if root is None:
            return None
        kind, settings = root.terraform.get("backend", ("", {}))
        if kind not in ("", "local"):
            return Backend(kind, settings, written=False)
        if kind and (stock := self._stock()) and stock.type == kind:
            settings = {**stock.settings, **settings}  # what the block leaves open was given to `tofu init`
        file = root.directory / settings.get("path", "terraform.tfstate")
        folder = root.directory / settings.get("workspace_dir", "terraform.tfstate.d")
        if not (kind or file.exists() or folder.is_dir()):
            return None  # it never had a state: ours is as good
        return backends.local(file, folder, self.target)

    def root_module(self, ir: IR) -> RootModule | None:
        """The root module that joins; read once."""
        named = self.root_given or (self.project / ir.root_module if ir.root_module else None)
        if named is None:
            self.joined = None
        elif self.joined is None or self.joined.directory != named:
            self.joined = rootmodule.read(named)
        return self.joined

    @property
    def memory(self) -> Memory:
        return Memory.read(self._memory_file)

    def module_source(self, source: str) -> str:
        """A path is relative to the project for the user, and to the working directory for the engine."""
        if not source.startswith(("./", "../")):
            return source
        return os.path.relpath(self.project / source, self.target)

    def schema(self, ir: IR, resource: Resource) -> BlockSchema | None:
        if resource.mode == "module":
            return None
        source = full_source(ir.providers[resource.provider].source, self.tofu.kind)
        return self.schemas.block(source, "data" if resource.mode == "data" else "resource", resource.type)

    def write(self, module: Module, *, preview: bool = False) -> Path:
        """Put a module into its directory; files that did not change are not touched."""
        target = self.preview if preview else self.work
        texts = {
            MODULE_FILE: module.text,
            SECRETS_FILE: module.secrets_text if module.secrets else "",
            GIVEN_FILE: file_text(module.given) if module.given else "",
            rootmodule.OVERRIDE: file_text(module.override) if module.override else "",
        }
        for name, text in texts.items():
            if text:
                write_if_changed(target / name, text)
            else:
                (target / name).unlink(missing_ok=True)
        if self.joined:
            self.joined.put(target, module.left_out, module.absent)
        else:
            rootmodule.clean(target, {})
        if preview and (self.work / LOCK_FILE).exists():
            shutil.copyfile(self.work / LOCK_FILE, target / LOCK_FILE)
        return target

    @contextlib.contextmanager
    def rendering_for(self, directory: Path) -> Iterator[None]:
        """What is rendered meanwhile is for another directory."""
        self.target = directory
        try:
            yield
        finally:
            self.target = self.work

    @property
    def is_ready(self) -> bool:
        """Has the backend been initialised, so that the state can be read before anything is evaluated?"""
        stamp = read_note(self._stamp_file)
        if not stamp or not self.data.is_dir():
            return False
        place = self._default()
        if stamp.get("chosen") is not place.chosen or stamp.get("data") != str(self.data_given or ""):
            return False  # what is ready is another state than the one that is asked for
        now = self.memory.now
        self._place = place if place.chosen or not now else backends.recall(now, self.work)
        return True

    def needs_init(self, ir: IR, module: Module) -> bool:
        """Did providers, modules, backend or engine change since the last `init`?"""
        ready = self.data.is_dir() and self.schemas.known
        return not ready or read_note(self._stamp_file) != self._stamp(ir, module)

    def prepare(self, ir: IR, module: Module, options: InitOptions | None = None, *, had_state: bool = False) -> None:
        """Run `init`, and ask for schemas, if that is needed or options are given.

        `had_state`: there was a state where the last `init` pointed to.
        """
        self._place = self.place(ir)
        if options is None and not self.needs_init(ir, module):
            return
        if (file := self._place.file) and file.exists():
            older.refuse(file.name, read_whole(file))  # `init` itself would only say that it cannot read it
        project_lock, work_lock = self.project / LOCK_FILE, self.work / LOCK_FILE
        if project_lock.exists():
            write_if_changed(work_lock, project_lock.read_text(encoding="utf-8"))
        else:
            work_lock.unlink(missing_ok=True)
        given = self._place.options_file(self.root / "backend.tfbackend")
        wanted = options or InitOptions()
        # Whether a state would be left behind is checked by ourselves, for all kinds of backends alike.
        wanted = replace(
            wanted,
            backend_change="reconfigure",
            backend_config=given,
            plugin_dirs=wanted.plugin_dirs or self._plugin_dirs(),
        )
        known = self._stamp_file.exists()
        self._stamp_file.unlink(missing_ok=True)
        try:
            with self._packaged():
                self.tofu.init(wanted)
        except EngineError as error:
            error.diagnostics = tuple(d if d.hint else replace(d, hint=_INIT_HINT) for d in error.diagnostics)
            raise
        accepted = options is not None and options.backend_change == "reconfigure"
        self._remember(accepted=accepted, had_state=had_state or (not known and self.may_have_state()))
        self._select_as_joined()
        self.keep_lock()
        if project_lock.exists():
            self._show_plugins()
        self.schemas.store(self.tofu.providers_schema())
        self._last = None
        write_if_changed(self._stamp_file, jsontext.dumps(self._stamp(ir, module)))

    def keep_lock(self) -> None:
        """The engine's lock file, with what it learned, into the project."""
        project_lock, work_lock = self.project / LOCK_FILE, self.work / LOCK_FILE
        if work_lock.exists():
            locked = mirror.unlocked(work_lock.read_text(encoding="utf-8"), self.packages)
            if "provider " in locked:
                write_if_changed(project_lock, locked)
        if project_lock.exists():
            project_lock.chmod(0o644)  # the user commits it

    def _plugin_dirs(self) -> tuple[str, ...]:
        """What `init -plugin-dir` named. The engine only notes it; here it holds for each `init` that follows."""
        noted = read_note(self.data / "plugin_path")
        return tuple(map(str, noted)) if isinstance(noted, list) else ()

    def _select_as_joined(self) -> None:
        """The workspace that stock OpenTofu has selected in a joined root module, if none was selected here yet."""
        ours = self.data / "environment"
        if self.joined and not ours.exists() and not self._place.chosen:
            write_if_changed(ours, stockdata.workspace(self.joined.directory))

    @contextlib.contextmanager
    def _packaged(self) -> Iterator[None]:
        """`init` finds providers that Nix packages in a mirror; later commands use what it linked."""
        if not self.packages:
            yield
            return
        env = self.tofu.env
        self.tofu.env = mirror.offered(self.root, self.packages, env)
        try:
            yield
        finally:
            self.tofu.env = env

    def _show_plugins(self) -> None:
        """Let stock `tofu state …` work in the project directory: beside a lock file it wants the plugins."""
        beside, plugins = self.project / ".terraform", self.data / "providers"
        if not beside.exists() and plugins.is_dir():
            beside.mkdir()
            write_if_changed(beside / ".gitignore", "*\n")
            (beside / "providers").symlink_to(os.path.relpath(plugins, beside))

    def may_have_state(self) -> bool:
        """After an `init` that failed nobody can ask the old backend."""
        now = self.memory.now
        return bool(now) and (not now["file"] or has_resources(Path(now["file"])))

    def _remember(self, *, accepted: bool, had_state: bool) -> None:
        memory = self.memory
        if not self._place.chosen and memory.mark != self._place.mark:
            stock = None if memory.mark else self._stock()
            memory = memory.moved(self._place, had_state=had_state)
            if stock and stock.may_have_state and not stock.is_at(self._place):
                memory = replace(memory, previous=stock.remembered())
        if not self._place.chosen:
            replace(memory, accepted=accepted or memory.accepted).write(self._memory_file)

    def forget_previous(self) -> None:
        """The state has been moved here: nothing is left behind any more."""
        replace(self.memory, previous={}, accepted=False).write(self._memory_file)

    def left_behind(self, fresh: state.Snapshot) -> Backend | None:
        """Where a state lies that this run would leave behind: the one in use is empty."""
        memory = self.memory
        if fresh.addresses or fresh.outputs or self._place.chosen or memory.accepted:
            return None
        if memory.previous:
            return backends.recall(memory.previous, self.work)
        unused = self._default()
        if self._place.file != unused.file and unused.file and has_resources(unused.file):
            return unused
        return None

    def _stamp(self, ir: IR, module: Module) -> dict[str, Any]:
        """What `init` depends on."""
        exe = self.tofu.exe.stat()
        lock = self.project / LOCK_FILE
        terraform = module.document.get("terraform") or {}
        calls = module.document.get("module") or {}
        modules = {n: [m["source"], m.get("version"), _local_digest(self.work / m["source"])] for n, m in calls.items()}
        return {
            "engine": [str(self.tofu.exe), exe.st_size, exe.st_mtime_ns],
            "terraform": hashlib.sha256(jsontext.dumps(terraform).encode()).hexdigest(),
            "lock": lock.read_text(encoding="utf-8") if lock.exists() else "",
            "modules": modules,
            "packages": [mirror.stamp(p) for p in self.packages],
            "root": self.joined.digest if self.joined else "",
            "cli_config": self.tofu.env.get("TF_CLI_CONFIG_FILE", ""),
            "place": self.place(ir).mark,
            "chosen": self._place.chosen,
            "data": str(self.data_given or ""),
        }

    def snapshot(self) -> state.Snapshot:
        """The state now; raw state costs no engine process with providers, a local file none at all."""
        text = self.raw_state()
        mark = hashlib.sha256(text.encode()).digest()
        if self._last is None or self._last[0] != mark:
            try:
                self._last = (mark, state.read(text, self.schemas))
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
            older.refuse(path.name, text)
            if '"encrypted_data"' not in text[:4096]:
                return text
        return self.tofu.state_pull()

    def local_state_path(self) -> Path:
        """The file of the selected engine workspace."""
        name, file, folder = self.current_workspace(), self._place.file, self._place.folder
        assert file
        assert folder
        return file if name == "default" else folder / name / "terraform.tfstate"

    def current_workspace(self) -> str:
        if chosen := self.tofu.env.get("TF_WORKSPACE"):
            return chosen
        try:
            return (self.data / "environment").read_text(encoding="utf-8").strip() or "default"
        except OSError:
            return "default"

    def workspace_of(self, ir: IR) -> str:
        """The workspace that a run of this configuration would use, also before the first one."""
        root = self.root_module(ir)
        if root is None or self._default().chosen or (self.data / "environment").exists():
            return self.current_workspace()
        return self.tofu.env.get("TF_WORKSPACE") or stockdata.workspace(root.directory)

    def refreshed(self, plan_file: Path) -> state.Snapshot:
        """The refreshed state in a saved plan, without an engine process where the file is readable."""
        found = state.refreshed(plan_file, self.schemas)
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
        hint = (
            f"Put a good copy in its place; the engine's last backup is {backup}."
            if backup.exists()
            else ("Put a good copy in its place (version control, the backend's history).")
        )
        found = error.diagnostics[0]
        return EngineError(replace(found, detail=f"The state ({where}): {found.detail}", hint=found.hint or hint))

    def rescue(self) -> Path | None:
        """Where the state went that the engine could not save; out of `.nivis/`, which may be deleted."""
        left, target = self.work / "errored.tfstate", self.project / "errored.tfstate"
        if left.exists():
            left.replace(target)
        return target if target.exists() else None

    @property
    def backup(self) -> str:
        """Where the engine puts the local state's backup: not beside the user's file."""
        return str(self.root / "backup.tfstate") if self._place.is_local else ""


def without_backend(root: Path) -> bool:
    """Did the last `init` leave the declared backend aside?"""
    stamp = read_note(root / "init.json")
    return isinstance(stamp, dict) and bool(stamp.get("chosen"))


def _local_digest(directory: Path) -> str:
    """Of a local module's files, modules below it included: a new provider or call in one needs an `init`."""
    texts = [f.read_bytes() for f in sorted(directory.rglob("*.t*f*")) if f.is_file()] if directory.is_dir() else []
    return hashlib.sha256(b"\0".join(texts)).hexdigest() if texts else ""
