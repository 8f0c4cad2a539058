"""Graphviz, where it is installed: text in its language -> a picture."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from nivis_tofu.core.errors import NivisError
from nivis_tofu.system import process

HINT = "install Graphviz (Debian, Ubuntu: `apt-get install graphviz`), or use `--format dot` or `--format mermaid`"


def graphviz(text: str, kind: str) -> bytes:
    """The picture as bytes; `kind` is an output format of `dot`."""
    exe = shutil.which("dot")
    if exe is None:
        raise NivisError.of("Graphviz is not installed", f"A {kind} picture is drawn by its program `dot`.", HINT)
    with tempfile.TemporaryDirectory(prefix="nivis-graph-") as folder:
        source, target = Path(folder, "graph.dot"), Path(folder, f"graph.{kind}")
        source.write_text(text, encoding="utf-8")
        argv = (exe, f"-T{kind}", "-o", str(target), str(source))
        done = process.run(argv, cwd=Path(folder), env=dict(os.environ))
        if done.returncode != 0 or not target.exists():
            raise NivisError.of("Graphviz could not draw the graph", "Graphviz says:", raw=done.stderr)
        return target.read_bytes()


def refuse_terminal(kind: str, terminal: bool) -> None:
    if terminal and kind == "png":
        raise NivisError.of("A picture cannot be shown on a terminal", "", "Write it to a file: `--out graph.png`.")
