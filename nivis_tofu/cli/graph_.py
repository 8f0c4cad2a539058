"""graph: the dependency graph, a colour band for each phase."""

from __future__ import annotations

import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from nivis_tofu import jsontext
from nivis_tofu.cli.bind import bound
from nivis_tofu.cli.common import Common, verb


class Format(StrEnum):
    dot = "dot"
    mermaid = "mermaid"
    svg = "svg"
    png = "png"


def register(app: typer.Typer) -> None:
    app.command("graph")(verb(graph))


def graph(
    common: Common,
    format_: Annotated[Format, typer.Option("--format", help="svg and png need Graphviz.")] = Format.dot,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write to this file.")] = None,
) -> int:
    """Draw what depends on what, and in which phase it comes to be."""
    from nivis_tofu import drawing, picture

    with bound(common, "nivis graph") as b:
        found = drawing.draw(b.session.start()[0].ir)
    if common.json:
        nodes, edges = [asdict(n) for n in found.nodes], [asdict(e) for e in found.edges]
        print(jsontext.dumps({"nodes": nodes, "edges": edges, "phases": max(found.phases, default=0)}, indent=2))
        return 0
    if format_.value in drawing.TEXT:
        data = drawing.TEXT[format_.value](found).encode()
    else:
        data = picture.graphviz(drawing.dot(found), format_.value)
    if out is not None:
        out.write_bytes(data)
    else:
        picture.refuse_terminal(format_.value, sys.stdout.isatty())
        sys.stdout.buffer.write(data)
    return 0
