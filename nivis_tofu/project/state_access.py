"""The state of a project: what it holds now, whether it can be read, and what a move would leave behind."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from nivis_tofu.core.errors import EngineError, NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.masks import mask_paths
from nivis_tofu.ir import snapshot as state
from nivis_tofu.ir.ledger import Object
from nivis_tofu.project import (
    backends,
    legacy,
    plan_state,
    state_file,
    stock_data,
)
from nivis_tofu.project.backends import PLACES, Backend
from nivis_tofu.project.directories import Directories
from nivis_tofu.project.settled import Settled
from nivis_tofu.project.state_file import has_resources, read_whole, rescued
from nivis_tofu.system import notes
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.raw_state import is_blank, of_document, read_raw_state

_PLAIN = "$&+,:;=@"
"""Signs that the engine, too, takes in a workspace's name as they are; not the slash."""


@immutable
class StateAccess:
    """The state of a project, in one place."""

    at: Directories
    settled: Settled
    tofu: Tofu

    @property
    def backend(self) -> Backend:
        """Where the state is."""
        return self.settled.backend

    def may_have_state(self) -> bool:
        """After an `init` that failed nobody can ask the old backend."""
        now = self.at.memory.now
        return bool(now) and (not now["file"] or has_resources(self.at.project / now["file"]))

    def forget_previous(self) -> None:
        """The state has been moved here: nothing is left behind any more."""
        replace(self.at.memory, previous={}, accepted=False).write(self.at.memory_file)

    def undeclared(self, declared: Backend) -> Backend | None:
        """The place of a state that is in use without any declaration, where another place is declared now."""
        unused, memory = self.at.default, self.at.memory
        if declared.chosen or declared.file == unused.file or not unused.file:
            return None
        known = [backends.recall(body, self.at.project).file for body in (memory.now, memory.previous) if body]
        used = not memory.accepted and (not known or unused.file in known)
        return unused if used and has_resources(unused.file) else None

    def left_behind(self, fresh: state.Snapshot) -> Backend | None:
        """Where a state lies that this run would leave behind: the one in use is empty."""
        memory = self.at.memory
        if fresh.addresses or fresh.outputs or self.backend.chosen or memory.accepted:
            return None
        if memory.previous:
            return backends.recall(memory.previous, self.at.project)
        unused = self.at.default
        if self.backend.file != unused.file and unused.file and has_resources(unused.file):
            return unused
        return None

    def snapshot(self) -> state.Snapshot:
        """The state now; raw state costs no engine process with providers, a local file none at all."""
        known = state_file.digest_of(self.local_state_path()) if self.backend.is_local else None
        if known and known in self.at.last_read:
            return self.at.last_read[known]
        large = state_file.large(self.local_state_path()) if known and self._in_clear else None
        text = "" if large else self.raw_state()
        mark = large[0] if large else state_file.digest(text)
        if mark not in self.at.last_read:
            try:
                raw = of_document(large[1]) if large else read_raw_state(text)
                found = state.snapshot(raw, self.at.schemas) if raw else state.Snapshot()
                if raw and not (found.lineage or found.instances) and self.backend.is_local:
                    raise EngineError.of("", "It has no lineage, which the engine gives to each that it writes.")
            except EngineError as error:
                raise self._damaged(error) from error
            self.at.last_read.clear()
            self.at.last_read[mark] = found
        return self.at.last_read[mark]

    @property
    def read_before(self) -> state.Snapshot | None:
        """What was read last in this run, unless an `init` came after it."""
        return next(iter(self.at.last_read.values()), None)

    def raw_state(self) -> str:
        if self._in_clear:
            path = self.local_state_path()
            try:
                text = read_whole(path)
            except FileNotFoundError:
                return ""
            legacy.refuse(path.name, text)
            if is_blank(text) and has_resources(self.at.root / "backup.tfstate"):
                # An empty file is what the engine makes of a state when it locks one that is new; this one is not.
                raise self._damaged(EngineError.of("", f"{path} is empty. Remove it if that is meant."))
            if '"encrypted_data"' not in text[:4096]:
                return text
        return self.tofu.state_pull()

    @property
    def _in_clear(self) -> bool:
        """Is the state a file that may be read without the engine?"""
        return self.backend.is_local and "TF_ENCRYPTION" not in self.tofu.env

    def local_state_path(self) -> Path:
        """The file of the selected engine workspace."""
        name, file, folder = self.current_workspace(), self.backend.file, self.backend.folder
        assert file
        assert folder
        return file if name == "default" else folder / name / "terraform.tfstate"

    @property
    def name(self) -> str:
        """What tells the states of a project from each other: where it is, and the engine's workspace."""
        return self.name_in(self.backend)

    def name_in(self, backend: Backend) -> str:
        """The same for a state in another place."""
        if not backend.file:
            where = " ".join([backend.type, *(f"{k}={backend.settings[k]}" for k in PLACES if k in backend.settings)])
        elif backend.file == self.at.default.file and not self.at.state_chosen:
            where = ""
        else:
            where = os.path.relpath(backend.file, self.at.project)
        return f"{self.current_workspace()}:{where}"

    def current_workspace(self) -> str:
        if chosen := self.tofu.env.get("TF_WORKSPACE"):
            return chosen
        note = self.at.data / "environment"
        if not os.path.lexists(note):
            return "default"
        text = notes.read(note)
        name, why = (text or "").strip() or "default", ""
        if text is None or name != quote(name, safe=_PLAIN):
            why = "is damaged"
        elif name != "default" and (folder := self.backend.folder) and not (folder / name).is_dir():
            why = f"says `{name}`, and there is no such workspace"
        if why:
            raise NivisError.of(
                "The selected workspace is not known",
                f"{note}, where the engine notes it, {why}.",
                f"Remove it, and select the workspace again unless it is `default`: rm -r {shlex.quote(str(note))}; "
                "nivis workspace select NAME",
            )
        return name

    def workspace_to_be(self) -> str:
        """The workspace that a run of the settled configuration would use, also before the first one."""
        root = self.settled.joined
        if root is None or self.at.default.chosen or (self.at.data / "environment").exists():
            return self.current_workspace()
        return self.tofu.env.get("TF_WORKSPACE") or stock_data.workspace(root.directory)

    def refreshed(self, plan_file: Path) -> state.Snapshot:
        """The refreshed state in a saved plan, without an engine process where the file is readable."""
        found = plan_state.refreshed(plan_file, self.at.schemas)
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
        backup = self.at.root / "backup.tfstate"
        where = self.backend.name
        hint = "Put a good copy in its place"
        if backup.exists() and self.backend.is_local:
            copied = f"cp {shlex.quote(str(backup))} {shlex.quote(str(self.local_state_path()))}"
            hint += (
                f". The engine's last backup lacks what was done since; `nivis import` takes in what was made: {copied}"
            )
        else:
            hint += " (version control, the backend's history)."
        found = error.diagnostics[0]
        # One that has advice of its own, as of a newer format, is not damaged.
        summary = found.summary if found.hint else "The state cannot be read"
        detail = f"The state ({where}): {found.detail}"
        return EngineError(replace(found, summary=summary, detail=detail, hint=found.hint or hint))

    def rescue(self) -> Path | None:
        """Where the state went that the engine could not save; out of `.nivis/`, which may be deleted."""
        return rescued(self.settled.run.home, self.at.work, self.tofu.site.path)

    @property
    def backup(self) -> str:
        """Where the engine puts the local state's backup: not beside the user's file."""
        return str(notes.free(self.at.root / "backup.tfstate")) if self.backend.is_local else ""
