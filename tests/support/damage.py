"""Ways to damage what lies below `.nivis/`. `outside/` lies beside the project, `own` and `m/` are the user's in it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path


def _truncated(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _newer(path: Path) -> None:
    try:
        found = json.loads(path.read_text())
    except ValueError:
        found = {}
    path.write_text(json.dumps({**(found if isinstance(found, dict) else {}), "version": 99, "form": ["new"]}))


def _in_place(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        path.unlink()
        make(path)

    return damage


def _directory(path: Path) -> None:
    path.mkdir()
    (path / "file").write_text("in the way")


def _text(text: str | bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(text if isinstance(text, bytes) else text.encode())


def _project(path: Path) -> Path:
    return next(p for p in path.parents if p.name == ".nivis").parent


FILES: dict[str, Callable[[Path], object]] = {
    "empty": _text(""),
    "truncated": _truncated,
    "binary": _text(bytes(range(256)) * 4),
    "number": _text("3"),
    "list": _text("[]"),
    "null": _text("null"),
    "string": _text('"x"'),
    "object": _text("{}"),
    "deep": _text("[" * 100_000),
    "deep object": _text('{"a":' * 100_000),
    "newer": _newer,
    "directory": _in_place(_directory),
    "fifo": _in_place(os.mkfifo),
    "link out": _in_place(lambda path: path.symlink_to(_project(path).parent / "outside" / "file")),
    "link in": _in_place(lambda path: path.symlink_to(_project(path) / "own")),
    "link to nothing": _in_place(lambda path: path.symlink_to(_project(path).parent / "outside" / "absent")),
}
DIRECTORIES: dict[str, Callable[[Path], object]] = {
    "gone": lambda path: None,
    "file": _text("in the way"),
    "fifo": os.mkfifo,
    "link out": lambda path: path.symlink_to(_project(path).parent / "outside"),
    "link in": lambda path: path.symlink_to(_project(path) / "m"),
}


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
