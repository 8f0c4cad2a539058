"""The source of a project as it goes to another machine: what git tracks, or outside git what Nix may see.

States, `.nivis/` and files that nobody has added to git stay here. There the files are a git work tree again, without
its history: what Nix copies to the store is the same as here.
"""

from __future__ import annotations

import io
import tarfile
import tempfile
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from pathlib import Path

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex
from nivis_tofu.nix.flake_copy import copy_flake, is_state
from nivis_tofu.nix.tree import git_top
from nivis_tofu.system import notes, process

_WITH_SUBMODULES = regex(r"\bsubmodules\s*=\s*true\b")


@immutable
class Shipment:
    """`archive`: files as a tar; `project`: the flake's directory among them."""

    archive: bytes = field(repr=False)
    project: str
    in_git: bool
    notes: Mapping[str, str] = field(repr=False)
    """Files that git does not track and that a run needs, by path below the flake."""
    submodules: tuple[str, ...] = ()
    """Directories whose files the engine may read, and Nix does not see, as here."""


def packed(project: Path, git: Path | None, env: Mapping[str, str], keep_out: Collection[Path]) -> Shipment:
    """The project as it is now. `git`: needed if the project is in a work tree. Raises NivisError."""
    top = git_top(project)
    if top is None or git is None:
        with tempfile.TemporaryDirectory(prefix="nivis-") as scratch:
            copy = Path(scratch) / "copy"
            copy_flake(project, copy, keep_out)
            names = [str(p.relative_to(copy)) for p in copy.rglob("*") if p.is_symlink() or p.is_file()]
            return Shipment(_archive(copy, names), ".", False, {})
    submodules = _submodules(git, top, env)
    if submodules and _WITH_SUBMODULES.search((project / "flake.nix").read_text(encoding="utf-8")):
        raise NivisError.of(
            "Submodules in the source",
            f"The flake has Nix copy its submodules ({', '.join(submodules)}). What is shipped to a cluster has no "
            "repositories in it, from which Nix could do that.",
            "Make them inputs of the flake, or run here: `--executor local`.",
        )
    tracked = _git(git, top, env, "ls-files", "-z", "--cached", "--recurse-submodules").split("\0")
    archive = _archive(top, (name for name in tracked if name and not is_state(Path(name).name)))
    return Shipment(archive, str(project.relative_to(top)), True, {}, submodules)


def _submodules(git: Path, top: Path, env: Mapping[str, str]) -> tuple[str, ...]:
    entries = _git(git, top, env, "ls-files", "-z", "--stage").split("\0")
    return tuple(sorted(entry.partition("\t")[2] for entry in entries if entry.startswith("160000 ")))


def _archive(top: Path, names: Iterable[str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name in sorted(set(names)):
            path = top / name
            # A directory here is a submodule that is not there; what is missing has been deleted and not committed.
            if path.is_symlink() or path.is_file():
                archive.add(path, arcname=name, recursive=False)
    return out.getvalue()


def unpack(source: Shipment, tree: Path, env: Mapping[str, str]) -> Path:
    """The flake's directory below `tree`, which is made. Raises NivisError."""
    tree.mkdir(mode=0o700)
    git = Path("git")
    if source.in_git:
        _git(git, tree, env, "-c", "init.defaultBranch=main", "init", "--quiet")
    try:
        with tarfile.open(fileobj=io.BytesIO(source.archive)) as archive:
            archive.extraction_filter = tarfile.tar_filter  # links may point anywhere; nothing is written through them
            archive.extractall(tree)  # noqa: S202
    except (tarfile.TarError, EOFError, zlib.error, ValueError, OSError) as error:
        why = f"Its archive cannot be unpacked here: {error}."
        raise NivisError.of("The source of the project arrived damaged", why, "Run the command again.") from error
    if source.in_git:
        apart = (f":(exclude,literal){name}" for name in source.submodules)
        _git(git, tree, env, "add", "--all", "--force", ".", *apart)
    project = (tree / source.project).resolve()
    for name, text in source.notes.items():
        place = project / name
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        notes.write(place, text)
    return project


def _git(git: Path, where: Path, env: Mapping[str, str], *line: str) -> str:
    done = process.run((str(git), *line), cwd=where, env=env)
    if done.returncode != 0:
        said = next((word for word in line if not word.startswith("-") and "=" not in word), "")
        raise NivisError.of("git failed", f"`git {said}` in {where} ended with {done.returncode}.", raw=done.stderr)
    return done.stdout
