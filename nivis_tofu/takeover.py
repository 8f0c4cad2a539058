"""`adopt`: write the flake, take the blocks out of the `.tf` files, prove by a plan that nothing changes."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nivis_tofu import adopting, process, rootmodule
from nivis_tofu.adopting import Adoption
from nivis_tofu.errors import NivisError
from nivis_tofu.files import write_atomic
from nivis_tofu.nix import in_git
from nivis_tofu.results import Preview
from nivis_tofu.tofu.address import bare

TRIES = 4
Plan = Callable[[], Preview]


@dataclass(frozen=True)
class Adopted:
    """Ids that moved, addresses that stay with the reason, and where the files as they were lie."""

    moved: tuple[str, ...]
    staying: tuple[tuple[str, str], ...]
    backup: Path


def adopt(project: Path, directory: Path, work: Path, plan: Plan) -> Adopted:
    """Adopt a root module. `plan` makes a plan of the project as it lies there."""
    flake = project / "flake.nix"
    if flake.exists():
        raise NivisError.of(
            "There is a flake already", f"{flake} exists, and nothing is ever overwritten.",
            "To join an existing root module add `rootModule` to `lib.toIR`, or give `--root`.",
        )  # fmt: skip
    root = rootmodule.read(directory)
    if not root.blocks:
        raise NivisError.of("Nothing to adopt", f"There are no `.tf` files in {directory}.", "Name their directory.")
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
