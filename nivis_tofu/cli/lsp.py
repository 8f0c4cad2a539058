"""lsp: a language server, which editors start."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from nivis_tofu.cli.common import Common, verb


def register(app: typer.Typer) -> None:
    app.command("lsp")(verb(lsp))


def lsp(
    common: Common,
    stdio: Annotated[
        bool, typer.Option("--stdio", help="Talk over stdin and stdout, as always.", show_default=False)
    ] = True,
) -> int:
    """Tell an editor which arguments and outputs a resource type has."""
    from nivis_tofu.editor.server import LanguageServer

    LanguageServer().serve(sys.stdin.buffer, sys.stdout.buffer)
    return 0
