"""`adopt`: write the flake, take the blocks out of the `.tf` files, prove by a plan that nothing changes."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from nivis_tofu.authoring import adopted_blocks
from nivis_tofu.authoring.adopted_blocks import Adoption
from nivis_tofu.authoring.from_state import Guess
from nivis_tofu.core import json_text
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.outcome import Attribute, Preview
from nivis_tofu.core.regex import regex
from nivis_tofu.ir.ledger import Object
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.nix.tree import in_git
from nivis_tofu.nix.variables import AUTO
from nivis_tofu.project import root_module
from nivis_tofu.run.loop import Run
from nivis_tofu.run.session import Session
from nivis_tofu.system import notes, process
from nivis_tofu.system.files import write_atomic
from nivis_tofu.tofu.address_syntax import bare
from nivis_tofu.tofu.raw_state import read_raw_state

TRIES = 12
_IN_FLAKE = regex(r"flake\.nix:(\d+)")
Plan = Callable[[], Preview]
Opened = Callable[[], AbstractContextManager[Session]]
"""A session of the project as it lies there."""


@immutable
class Adopted:
    """Ids that moved, addresses that stay (with the reason), and where the original files are kept."""

    moved: tuple[str, ...]
    staying: tuple[tuple[str, str], ...] = ()
    backup: Path | None = None
    changes: int = 0
    """What the plan does; it would do the same without the flake."""


def adopt(project: Path, directory: Path, work: Path, opened: Opened) -> Adopted:
    """Adopt a root module or, if there are no `.tf` files, what a state in the directory knows."""
    flake = project / "flake.nix"
    if os.path.lexists(flake):
        raise NivisError.of(
            "There is a flake already", f"{flake} exists, and nivis overwrites nothing.",
            "To join an existing root module add `rootModule` to `lib.toIR`, or give `--root`.",
        )  # fmt: skip
    root = root_module.read(directory)
    if not root.blocks:
        states = [f for f in (directory / "terraform.tfstate", directory / "nivis.state.json") if f.is_file()]
        if not states:
            raise NivisError.of(
                "Nothing to adopt",
                f"There are no `.tf` files and no state in {directory}.",
                "Name the directory that contains them.",
            )
        return _adopt_state(project, states[0], opened)

    def plan() -> Preview:
        with opened() as session:
            return Run(session.with_options(detail=True)).plan()

    place = os.path.relpath(directory, project)
    backup = notes.directory(work / "backups") / f"adopt-{time.strftime('%Y%m%d-%H%M%S')}"
    backup.mkdir(mode=0o700, parents=True)
    for path in root.blocks:
        shutil.copy2(path, backup / path.name)
    found = adopted_blocks.survey(root)
    try:
        write_atomic(flake, adopted_blocks.flake(Adoption(root), place))
        if in_git(project):
            # Nix sees what git tracks; that the file exists is enough.
            process.run(("git", "add", "--intent-to-add", "flake.nix"), cwd=project, env=dict(os.environ))
        before = _changes(plan())
        changes: set[tuple[str, str]] = set()
        for tries in reversed(range(TRIES)):
            _write(found, flake, place)
            try:
                now = _changes(plan())
            except NivisError as error:
                _restore(backup, root)
                blamed, told = _refused(found, error, flake)
                if not (blamed and tries):
                    raise told from error
                found.keep(blamed)
                continue
            changes = {key for key, values in now.items() if before.get(key) != values}
            if not changes:
                ids = tuple(c.id for c in found.moving.values())
                return Adopted(ids, tuple(found.staying.items()), backup, len(now))
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
    if os.path.lexists(values):
        raise NivisError.of(f"There is a {values.name} already", "nivis overwrites nothing.")
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
                write_atomic(values, json_text.dumps(guess.secrets, indent=2) + "\n")
            if in_git(project):
                process.run(("git", "add", "--intent-to-add", "flake.nix"), cwd=project, env=dict(os.environ))
            with opened() as session:
                if not guess.snapshot.serial:
                    snapshot = Run(session).start().snapshot
                    guess = Guess(snapshot, _schemas(session), backend)
                    if guess.apart:
                        raise NivisError.of(
                            "The state alone does not tell enough",
                            f"{', '.join(guess.apart)}: instances with keys and modules cannot be guessed.",
                            "Adopt the directory in which their `.tf` files are.",
                        )
                    continue
                preview = Run(session.with_options(detail=True)).plan()
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
    schemas = session.workdir.schemas
    return lambda found: schemas.block(found.provider, "resource", found.address.split(".", 1)[0])


def _refused(found: Adoption, error: NivisError, flake: Path) -> tuple[dict[str, str], NivisError]:
    """Moving addresses that an error is about, with the reason; the same error as one about their `.tf` files.

    The flake, of which it speaks now, is there still; the `.tf` files are as they were.
    """
    ids = {c.id: address for address, c in found.moving.items()} | {a: a for a in found.moving}
    blamed: dict[str, str] = {}
    diagnostics = []
    for one in error.diagnostics:
        home = one.position is not None and one.position.file.endswith("flake.nix")
        lines = [one.position.line] if one.position and home else []
        if not one.address:
            lines += [int(line) for line in _IN_FLAKE.findall(f"{one.detail}\n{one.helper}")]
        named = ids.get(_without_keys(one.address)) or next(filter(None, (_at(found, flake, n) for n in lines)), None)
        if named and one.severity == "error":
            blamed[named] = f"in Nix it is refused: {one.summary}"
        place = found.moving[named].position if named else None if home else one.position
        diagnostics.append(replace(one, position=place, snippet="" if named or home else one.snippet))
    return blamed, error.with_(*diagnostics)


def _without_keys(address: str) -> str:
    return re.sub(r"\[.*\Z", "", address)


def _at(found: Adoption, flake: Path, line: int) -> str | None:
    """The address that is declared at a line of the flake."""
    above = flake.read_text(encoding="utf-8").split("\n")[:line]
    heads = {f"      {name} = lib.mk": address for address, name in adopted_blocks.bindings(found).items()}
    for text in reversed(above):
        if text.startswith("    in lib.toIR"):
            return None
        for head, address in heads.items():
            if text.startswith(head):
                return address
    return None


def _changes(preview: Preview) -> dict[tuple[str, str], str]:
    """What a plan does, by engine address and action: the values, so that it can be compared before and after."""
    found = {(line.address, line.action): _values(line.attributes) for line in preview.changes}
    outputs = {(f"output.{n}", action): _values(preview.values.get(n, ())) for n, action in preview.outputs}
    return found | outputs


def _values(attributes: tuple[Attribute, ...]) -> str:
    # When a value is known may differ, as what refers to it is in another place.
    return "\n".join(sorted(repr((a.path, a.action, a.before, a.after, bool(a.known_after))) for a in attributes))


def _write(found: Adoption, flake: Path, place: str) -> None:
    write_atomic(flake, adopted_blocks.flake(found, place))
    flake.chmod(0o644)
    for path, text in found.files.items():
        if text:
            mode = path.stat().st_mode
            write_atomic(path, text)
            path.chmod(mode)
        else:
            path.unlink()


def _restore(backup: Path, root: root_module.RootModule) -> None:
    for path in root.blocks:
        shutil.copy2(backup / path.name, path)
