"""completion: scripts for shells, and the ids they ask for."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Shell(StrEnum):
    bash = "bash"
    zsh = "zsh"
    fish = "fish"
    powershell = "powershell"


def register(app: typer.Typer) -> None:
    app.command("completion")(completion)
    app.command("__complete", hidden=True, context_settings={"ignore_unknown_options": True})(complete)


def completion(
    context: typer.Context,
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.")],
) -> int:
    """Print a completion script for a shell.

    Load it with `source <(nivis completion bash)`, or in fish with `nivis completion fish | source`.
    """
    from nivis_tofu.cli import completion_scripts

    print(completion_scripts.script(shell.value, completion_scripts.verbs(context.find_root().command)), end="")
    return 0


def complete(words: Annotated[list[str] | None, typer.Argument()] = None) -> int:
    """Print the ids in the state, one per line."""
    from nivis_tofu.cli.complete_ids import main

    return main(words or [])
