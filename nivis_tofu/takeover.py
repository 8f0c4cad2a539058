"""`adopt`: write the flake, take the blocks out of the `.tf` files, prove by a plan that nothing changes."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from nivis_tofu import adopting, jsontext, process, rootmodule
from nivis_tofu.adopting import Adoption
from nivis_tofu.engine import Run
from nivis_tofu.errors import NivisError
from nivis_tofu.files import write_atomic
from nivis_tofu.fromstate import Guess
from nivis_tofu.ledger import Object
from nivis_tofu.nix import in_git
from nivis_tofu.results import Preview
from nivis_tofu.schema import BlockSchema
from nivis_tofu.session import Session
from nivis_tofu.state import Snapshot
from nivis_tofu.tofu.address import bare
from nivis_tofu.tofu.rawstate import read_raw_state
from nivis_tofu.variables import AUTO

TRIES = 6
Plan = Callable[[], Preview]
Opened = Callable[[], AbstractContextManager[Session]]
"""A session of the project as it lies there."""


@dataclass(frozen=True)
class Adopted:
    """Ids that moved, addresses that stay with the reason, and where changed files lie as they were."""

    moved: tuple[str, ...]
    staying: tuple[tuple[str, str], ...] = ()
    backup: Path | None = None


def adopt(project: Path, directory: Path, work: Path, opened: Opened) -> Adopted:
    """Adopt a root module; where there are no `.tf` files, what a state in the directory knows."""
    flake = project / "flake.nix"
    if flake.exists():
        raise NivisError.of(
            "There is a flake already", f"{flake} exists, and nothing is ever overwritten.",
            "To join an existing root module add `rootModule` to `lib.toIR`, or give `--root`.",
        )  # fmt: skip
    root = rootmodule.read(directory)
    if not root.blocks:
        states = [f for f in (directory / "terraform.tfstate", directory / "nivis.state.json") if f.is_file()]
        if not states:
            raise NivisError.of(
                "Nothing to adopt", f"There are no `.tf` files and no state in {directory}.", "Name their directory."
            )
        return _adopt_state(project, states[0], opened)

    def plan() -> Preview:
        with opened() as session:
            return Run(session).plan()

    place = os.path.relpath(directory, project)
    backup = work / "backups" / f"adopt-{time.strftime('%Y%m%d-%H%M%S')}"
    backup.mkdir(mode=0o700, parents=True)
    for path in root.blocks:
        shutil.copy2(path, backup / path.name)
    found = adopting.survey(root)
    try:
        write_atomic(flake, adopting.flake(Adoption(root), place))
        if in_git(project):
            # Nix sees what git tracks; that the file exists is enough.
            process.run(("git", "add", "--intent-to-add", "flake.nix"), cwd=project, env=dict(os.environ))
        before = _changes(plan())
        for _ in range(TRIES):
            _write(found, flake, place)
            changes = _changes(plan()) - before
            if not changes:
                return Adopted(tuple(c.id for c in found.moving.values()), tuple(found.staying.items()), backup)
            _restore(backup, root)
            blamed = {b: "in Nix it would plan a change" for a, _ in changes if (b := bare(a)) in found.moving}
            if not blamed:
                break
            found.keep(blamed)
        raise NivisError.of(
            "The adopted configuration would change something",
            f"{', '.join(f'{i} ({a})' for i, a in sorted(changes))}. All files are as they were.",
            "Join the root module as it is: `rootModule` in `lib.toIR`, or `--root`.",
        )
    except BaseException:
        _restore(backup, root)
        flake.unlink(missing_ok=True)
        raise


def _adopt_state(project: Path, state: Path, opened: Opened) -> Adopted:
    flake, values = project / "flake.nix", project / f"{AUTO}json"
    if values.exists():
        raise NivisError.of(f"There is a {values.name} already", "Nothing is ever overwritten.")
    own = state == project / "nivis.state.json"
    backend = {} if own else {"type": "local", "path": os.path.relpath(state, project)}
    raw = read_raw_state(state.read_text(encoding="utf-8"))
    # Providers first: what their schemas say of an object needs an `init`.
    found = {i.address: Object(i.address, i.provider, {}) for i in (raw.instances if raw else ())}
    guess = Guess(Snapshot(objects=found), lambda _: None, backend)
    try:
        for _ in range(TRIES):
            write_atomic(flake, guess.text() if guess.snapshot.serial else guess.providers_only())
            flake.chmod(0o644)
            if guess.secrets:
                write_atomic(values, jsontext.dumps(guess.secrets, indent=2) + "\n")
            if in_git(project):
                process.run(("git", "add", "--intent-to-add", "flake.nix"), cwd=project, env=dict(os.environ))
            with opened() as session:
                session.options = replace(session.options, detail=True)
                if not guess.snapshot.serial:
                    _, _, snapshot = Run(session).start()
                    guess = Guess(snapshot, _schemas(session), backend)
                    if guess.apart:
                        raise NivisError.of(
                            "The state alone does not tell enough",
                            f"{', '.join(guess.apart)}: instances with keys and modules cannot be guessed.",
                            "Adopt the directory in which their `.tf` files are.",
                        )
                    continue
                preview = Run(session).plan()
            if not (preview.changes or preview.outputs):
                return Adopted(tuple(line.id for line in preview.lines))
            if not guess.learn(preview.lines):
                break
        wrong = [f"{x.id} ({x.action})" for x in preview.changes] + [f"output.{n}" for n, _ in preview.outputs]
        raise NivisError.of(
            "The flake that was made from the state would change something",
            f"{', '.join(wrong)}. Nothing was kept of it.",
            "Write a flake by hand, or find the `.tf` files.",
        )
    except BaseException:
        flake.unlink(missing_ok=True)
        values.unlink(missing_ok=True)
        raise


def _schemas(session: Session) -> Callable[[Object], BlockSchema | None]:
    schemas = session.space.schemas
    return lambda found: schemas.block(found.provider, "resource", found.address.split(".", 1)[0])


def _changes(preview: Preview) -> set[tuple[str, str]]:
    """What a plan does, by engine address, so that it can be compared before and after."""
    found = {(line.address, line.action) for line in preview.changes}
    return found | {(f"output.{name}", action) for name, action in preview.outputs}


def _write(found: Adoption, flake: Path, place: str) -> None:
    write_atomic(flake, adopting.flake(found, place))
    flake.chmod(0o644)
    for path, text in found.files.items():
        if text:
            mode = path.stat().st_mode
            write_atomic(path, text)
            path.chmod(mode)
        else:
            path.unlink()


def _restore(backup: Path, root: rootmodule.RootModule) -> None:
    for path in root.blocks:
        shutil.copy2(backup / path.name, path)
