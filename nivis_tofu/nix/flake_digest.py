"""Whether a flake is the one that it was: digests of what Nix sees of it, to the letter and by meaning."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from nivis_tofu import __version__
from nivis_tofu.core.immutable import immutable
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.nix.tree import git_top
from nivis_tofu.system import process

PROSE = (".md", ".txt", ".rst", ".adoc")
"""Files that no code is in; they count to the letter only."""
AT_ONCE = 200
"""Files on one command line."""


@immutable
class FlakeDigest:
    """Of all files, and of what they mean: Nix code without comments and layout, no prose."""

    letter: str
    meaning: str

    def same(self, other: FlakeDigest) -> bool:
        return self.letter == other.letter or self.meaning == other.meaning


def of(nix: Nix) -> FlakeDigest:
    """The digest of the flake that is evaluated; of one that is somewhere else, of its locked reference."""
    where, ref = nix.source
    if not ref.startswith((".", "path:.", "git+file:.")):
        line = (str(nix.exe), "flake", "metadata", "--json", "--no-write-lock-file", ref)
        locked = _digest([(ref, process.run(line, cwd=where, env=nix.environment).stdout.encode())])
        return FlakeDigest(locked, locked)
    files = {name: _content(path) for name, path in sorted(_files(nix, where))}
    code = {name: where / name for name in files if name.endswith(".nix")}
    plain = ((name, data) for name, data in files.items() if name not in code and not name.endswith(PROSE))
    return FlakeDigest(_digest(files.items()), _digest([*plain, *_parsed(nix, code, files)]))


def _files(nix: Nix, where: Path) -> Iterator[tuple[str, Path]]:
    """Name and place of each file that Nix sees."""
    top = git_top(nix.project)
    if top is None:
        for directory, folders, names in os.walk(where):
            links = [name for name in folders if (Path(directory) / name).is_symlink()]
            for name in (*names, *links):
                path = Path(directory) / name
                yield str(path.relative_to(where)), path
        return
    listed = process.run(("git", "ls-files", "-z"), cwd=where, env=nix.env)
    for name in filter(None, listed.stdout.split("\0")):
        yield name, where / name


def _content(path: Path) -> bytes:
    if path.is_symlink():
        return b"-> " + os.fsencode(path.readlink())
    try:
        return path.read_bytes()
    except OSError:
        return b"(none)"


def _parsed(nix: Nix, code: dict[str, Path], files: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Nix code as Nix prints what it has read; to the letter where it cannot be read."""
    names = list(code)
    for start in range(0, len(names), AT_ONCE):
        some = names[start : start + AT_ONCE]
        line = (str(nix.exe.parent / "nix-instantiate"), "--parse", *(str(code[name]) for name in some))
        done = process.run(line, cwd=nix.project, env=nix.environment)
        if done.returncode == 0:
            yield "\n".join(some), done.stdout.encode()
        else:
            yield from ((name, files[name]) for name in some)


def _digest(entries: Iterable[tuple[str, bytes]]) -> str:
    found = hashlib.sha256(__version__.encode())
    for name, content in entries:
        found.update(f"\0{name}\0{hashlib.sha256(content).hexdigest()}".encode())
    return found.hexdigest()
