"""The command line: parses, calls, renders; the one place where errors become text and an exit code."""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from nivis_tofu.cli.common import ENGINE_ARGS, Colour
from nivis_tofu.cli.help_page import Cli
from nivis_tofu.cli.opentofu import PASSING
from nivis_tofu.cli.result import coloured
from nivis_tofu.cli.spelling import ENGINE, VerbOptions, normalise, options, split
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import ExitCode, Interrupted, NivisError
from nivis_tofu.core.visible import block
from nivis_tofu.system import notes
from nivis_tofu.system.signals import RELAYED
from nivis_tofu.telemetry.asked import asked
from nivis_tofu.telemetry.current import SPANS
from nivis_tofu.views import errors
from nivis_tofu.views.human import Style

if TYPE_CHECKING:
    from nivis_tofu.cli.run_trace import RunTrace

_MODULES = (
    *("main_verbs", "inspect", "init", "adopt", "convert", "diff", "migrate", "render", "refresh", "show"),
    *("state_verbs", "workspace", "providers", "gen", "graph", "why", "doctor", "engine_setup", "completion"),
    *("pass_through", "stacks", "lsp", "flake_tests"),
)
"""In the order in which `--help` lists what they register."""
_OF_VERB: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("plan", "apply", "destroy"), ("main_verbs",)),
    **dict.fromkeys(("output", "validate"), ("inspect",)),
    **dict.fromkeys(("taint", "untaint", "import", "force-unlock"), ("state_verbs",)),
    **dict.fromkeys(("why", "eval"), ("why",)),
    **{
        name: (name,)
        for name in (
            *("init", "adopt", "convert", "stacks", "diff", "render", "refresh", "show", "workspace", "providers"),
            *("gen", "graph", "doctor", "lsp"),
        )
    },
    **dict.fromkeys((*PASSING, ENGINE), ("pass_through",)),
    "setup": ("engine_setup",),
    "test": ("flake_tests",),
    "state": ("inspect", "state_verbs", "migrate"),
}
"""Verbs that are found without loading the others; people and pipelines wait for each start."""


_PLANNING = (
    *("nivis_tofu.nix.evaluate", "nivis_tofu.project.workdir", "nivis_tofu.run.loop", "nivis_tofu.run.standing_state"),
    *("nivis_tofu.views.progress", "nivis_tofu.views.runs", "simplejson"),
)

_COLLECT = (200_000, 20, 20)
"""When Python looks for cycles: seldom, since most of what a command makes lives to its end."""


def application(verb: str = "") -> typer.Typer:
    """The command line of one verb, or of all."""
    app = Cli(
        only=verb if verb in _OF_VERB else "",
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
    if verb in _OF_VERB:
        app.callback()(lambda: None)  # a single command would be taken for the whole program
    for name in _OF_VERB.get(verb, _MODULES):
        importlib.import_module(f"nivis_tofu.cli.{name}").register(app)
    if verb in _OF_VERB:  # what is registered beside it would be built, and never run
        app.registered_commands = [c for c in app.registered_commands if c.name == verb] or app.registered_commands
    return app


@functools.cache
def command(verb: str = "") -> Any:
    """The command line of one verb; without a name, of all."""
    return typer.main.get_command(application(verb))


def taken(verb: str) -> VerbOptions:
    """What a verb, or one below another, takes."""
    words = verb.split()
    found = command(words[0] if words and words[0] in _OF_VERB else "")
    for word in words:
        found = getattr(found, "commands", {}).get(word, found)
    return options(found)


def loaded(verb: str) -> Callable[[Sequence[str]], int]:
    """`run`, with all in memory that a verb which plans will need: who forks for many of them loads it once."""
    command(verb)
    for name in _PLANNING:
        importlib.import_module(name)
    return run


def run(argv: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    for number in RELAYED:
        signal.signal(number, _interrupted)
    gc.set_threshold(*_COLLECT)
    style = Style(colour=coloured(_choice(argv), sys.stderr))
    trace = _trace(argv, style) if asked(os.environ) else None
    code = _guarded(lambda: trace.call(lambda: _verb(argv)) if trace else _verb(argv), style)
    # At the interpreter's exit nobody could say any more that stdout cannot be written.
    code = _guarded(_flush, style) or code
    if trace:
        trace.end(code)
    return code


def _trace(argv: Sequence[str], style: Style) -> RunTrace:
    from nivis_tofu.cli.run_trace import RunTrace

    def warn(error: NivisError) -> None:
        _say("".join(f"{errors.diagnostic(replace(d, severity='warning'), style)}\n" for d in error.diagnostics))

    return RunTrace(argv, os.environ, warn)


def _choice(argv: Sequence[str]) -> Colour:
    """`--color` as typed: an error may come before the options have been read."""
    found = "auto"
    for word, after in pairwise([*argv, ""]):
        name, _, value = word.partition("=")
        if name.lstrip("-") == "color":
            found = value or after
        elif name.lstrip("-") == "no-color":
            found = "never"
    return Colour(found) if found in set(Colour) else Colour.auto


def _verb(argv: Sequence[str]) -> int:
    own, engine = split(argv)
    ENGINE_ARGS.set(engine)
    args = normalise(own, os.environ, taken)
    verb = args[0] if args and args[0] in _OF_VERB else ""
    if spans := SPANS.get():
        spans.called(" ".join(_words(command(verb), args)))
    result = command(verb).main(args=args, prog_name="nivis", standalone_mode=False)
    return int(result or 0)


def _words(found: Any, args: Sequence[str]) -> Iterator[str]:
    """The verb, and the one below it."""
    for word in args:
        found = getattr(found, "commands", {}).get(word)
        if found is None:
            return
        yield word


_TOO_DEEP = NivisError.of(
    "Nested too deeply",
    "A value, in the configuration, the state or a file, has more levels than nivis can follow.",
    "Look for data that contains itself again and again; a JSON text counts as one level.",
)


def refused(problem: OSError) -> int:
    """What an answer without a verb was refused becomes text and an exit code, too."""

    def again() -> int:
        raise problem

    return _guarded(again, Style())


def _print(text: str) -> int:
    print(text)
    return 0


def _flush() -> int:
    sys.stdout.flush()
    return 0


def _guarded(call: Callable[[], int], style: Style) -> int:
    """The one boundary: whatever a call raises becomes text and an exit code."""
    try:
        return _told(call, style)
    except Interrupted as again:  # a signal came while something was being told
        return int(again.exit_code)


def _told(call: Callable[[], int], style: Style) -> int:
    try:
        return call()
    except NivisError as problem:
        _say(errors.error(problem, style))
        return int(problem.exit_code)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader went away (`nivis plan | head`): nobody is left to tell.
        _stdout_is_lost()
    except OSError as problem:
        where = "standard output" if _stdout_is_lost() else "standard output, or a file that was being written"
        _say(errors.error(NivisError(errors.refused(problem, where)), style))
    except RecursionError:
        _say(errors.error(_TOO_DEEP, style))
    except Exception as problem:  # noqa: BLE001 - nothing may pass the boundary
        if not hasattr(problem, "format_message"):
            _say(errors.bug(problem, _log(problem), style))
        elif type(problem).__name__ == "NoArgsIsHelpError":  # no verb at all: its message is the help
            text = problem.format_message()
            return _guarded(lambda: _print(text), style) or int(ExitCode.ERROR)
        else:  # a usage error of the option parser
            context = getattr(problem, "ctx", None)
            usage = context.get_usage() + "\n" if context else ""
            _say(f"{usage}{style.marker('error')}: {block(problem.format_message())}\n")
    return int(ExitCode.ERROR)


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # stderr may be on the full disk too
        print(text, end="", file=sys.stderr, flush=True)


def _stdout_is_lost() -> bool:
    """Can stdout not be written? Then what is left for it goes nowhere, and the exit is a quiet one."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        return True
    return False


def _interrupted(number: int, _: object) -> None:
    """A signal while no child runs: an error like any other, so that what was done is told."""
    raise Interrupted(Diagnostic("Interrupted", "A signal ended the run between two steps."), signal=number)


def _log(problem: BaseException) -> str:
    """Write the traceback, without values of variables, where the user can find it."""
    import traceback  # slow to load

    path = Path(".nivis") / "bug.log"
    text = "".join(traceback.format_exception(problem))
    try:
        if path.parent.is_dir() and not path.parent.is_symlink():
            notes.write(path, text)
            return str(path)
    except OSError:
        pass
    _say(block(text))
    return "above"
