"""A plan that a program keeps as a value: through a private file of the engine, which is gone when the call returns."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nivis_tofu.api.results import SavedPlan
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.outcome import Applied, Preview
from nivis_tofu.run import refresh
from nivis_tofu.run.loop import Run
from nivis_tofu.run.refresh import Refreshed
from nivis_tofu.run.saved import SavedRun
from nivis_tofu.run.session import Session
from nivis_tofu.run.sidecar import beside
from nivis_tofu.system.files import write

NAME = "the plan"
"""As errors name it."""


class _PrivateRun(SavedRun):
    """A run whose plan lies where nivis keeps its own files."""

    def free(self, out: Path) -> None:
        """Nothing can be lost there."""

    def makes(self, plan: Path) -> str:
        return "`project.plan()`"


class KeptPlan:
    """Makes plans that can be kept (`save`), and applies them."""

    def __init__(self, session: Session, *, save: bool) -> None:
        self.session, self.save = session, save

    def plan(self) -> tuple[Preview, SavedPlan | None]:
        """What an apply would do. Raises NivisError, for checks that refuse it too."""
        if not self.save:
            run = Run(self.session)
            return self._checked(run, run.plan()), None
        with self._file() as file:
            kept = _PrivateRun(self.session)
            return self._checked(kept, kept.plan_to(file)), self._read(file)

    def plan_destroy(self) -> tuple[Preview, SavedPlan | None]:
        """What a destroy would do."""
        if not self.save:
            run = Run(self.session)
            return self._checked(run, run.plan_destroy()), None
        with self._file() as file:
            kept = _PrivateRun(self.session)
            return self._checked(kept, kept.plan_destroy_to(file)), self._read(file)

    def refresh(self) -> tuple[Refreshed, SavedPlan | None]:
        """What drifted."""
        if not self.save:
            return refresh.refresh(self.session, write=False), None
        with self._file() as file:
            return _PrivateRun(self.session).plan_refresh_to(file), self._read(file)

    def apply(self, saved: SavedPlan, stop_after: int | None) -> tuple[Run, Applied]:
        """Do what was planned, all phases of it."""
        if saved.project != self._project:
            raise NivisError.of(
                "The plan is of another project",
                f"It was made for {saved.project}, and this is {self._project}.",
                "Apply it with the project that made it.",
            )
        with self._file() as file:
            with file.open("wb") as out:
                out.write(saved.plan)
            write(beside(file), saved.sidecar)
            run = _PrivateRun(self.session, stop_after=stop_after)
            return run, run.apply_file(file, all_phases=True)

    @property
    def _project(self) -> str:
        return f"{self.session.workdir.project}#{self.session.nix.attr}"

    @contextlib.contextmanager
    def _file(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(dir=self.session.workdir.root, prefix="plan-") as folder:
            yield Path(folder, NAME)

    def _read(self, file: Path) -> SavedPlan:
        return SavedPlan(self._project, file.read_bytes(), beside(file).read_text(encoding="utf-8"))

    @staticmethod
    def _checked(run: Run, preview: Preview) -> Preview:
        if run.refusals:
            raise run.refused(late=False)
        return preview
