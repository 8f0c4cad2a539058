"""The command line: parses, calls, renders; the one place where errors become text and an exit code."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import typer

from nivis_tofu.cli import (
    adopt,
    completion,
    convert_,
    diff_,
    doctor,
    gen_,
    graph_,
    init_,
    inspect_,
    main_verbs,
    migrate,
    providers_,
    refresh_,
    render_,
    show,
    state_verbs,
    why,
    workspace_,
)
from nivis_tofu.cli.common import ENGINE_ARGS
from nivis_tofu.cli.spelling import normalise, split
from nivis_tofu.diagnostics import Diagnostic
from nivis_tofu.errors import ExitCode, Interrupted, NivisError
from nivis_tofu.views import errors

app = typer.Typer(
    name="nivis",
    help="Infrastructure as Nix code on the real OpenTofu engine.",
    no_args_is_help=True,
    # Plain help: loading rich would double the time it takes.
    rich_markup_mode=None,
    add_completion=False,
    # Tracebacks with locals would print secrets.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
main_verbs.register(app)
inspect_.register(app)
for group in (
    init_,
    adopt,
    convert_,
    diff_,
    migrate,
    render_,
    refresh_,
    show,
    state_verbs,
    workspace_,
    providers_,
    gen_,
    graph_,
    why,
    doctor,
    completion,
):
    group.register(app)


def run(argv: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupted)
    try:
        command = typer.main.get_command(app)
        own, engine = split(argv)
        ENGINE_ARGS.set(engine)
        result = command.main(args=normalise(own, os.environ), prog_name="nivis", standalone_mode=False)
        return int(result or 0)
    except NivisError as problem:
        print(errors.error(problem), end="", file=sys.stderr)
        return int(problem.exit_code)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader went away (`nivis plan | head`): nobody is left to tell.
        sys.stderr.close()
        return int(ExitCode.ERROR)
    except Exception as problem:  # noqa: BLE001 - the one boundary: nothing may pass it
        if hasattr(problem, "format_message"):  # a usage error of the option parser
            if type(problem).__name__ == "NoArgsIsHelpError":  # no verb at all: its message is the help
                print(problem.format_message())
                return int(ExitCode.ERROR)
            context = getattr(problem, "ctx", None)
            usage = context.get_usage() + "\n" if context else ""
            print(f"{usage}error: {problem.format_message()}", file=sys.stderr)
            return int(ExitCode.ERROR)
        print(errors.bug(problem, _log(problem)), end="", file=sys.stderr)
        return int(ExitCode.ERROR)


def _interrupted(number: int, _: object) -> None:
    """A signal while no child runs: an error like any other, so that what was done is told."""
    raise Interrupted(Diagnostic("Interrupted", "A signal ended the run between two steps."), signal=number)


def _log(problem: BaseException) -> str:
    """Write the traceback, without values of variables, where the user can find it."""
    folder = Path(".nivis")
    text = "".join(traceback.format_exception(problem))
    if not folder.is_dir():
        print(text, end="", file=sys.stderr)
        return "above"
    path = folder / "bug.log"
    path.write_text(text, encoding="utf-8")
    return str(path)
