"""plan, apply, destroy, validate."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from nivis_tofu.cli.bind import Bound, bound, style
from nivis_tofu.cli.common import Common, verb
from nivis_tofu.errors import ExitCode
from nivis_tofu.results import Applied, Preview
from nivis_tofu.views import errors, human, jsonl

Yes = Annotated[bool, typer.Option("--yes", "--auto-approve", help="Ask nothing.")]


def register(app: typer.Typer) -> None:
    for function in (plan, apply, destroy, validate):
        app.command(function.__name__)(verb(function))


def plan(
    common: Common,
    all_: Annotated[bool, typer.Option("--all", help="List unchanged resources too.")] = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 2 if something changes.")
    ] = False,
) -> int:
    """Show what an apply would do, over all phases."""
    from nivis_tofu.engine import Run

    with bound(common, "nivis plan") as b:
        preview = Run(b.session).plan()
    if common.json:
        print(jsonl.plan(preview))
    else:
        print(human.plan(preview, style(common, sys.stdout), everything=all_), end="")
    changes = not preview.empty or preview.pending
    return int(ExitCode.CHANGES if detailed_exitcode and changes else ExitCode.OK)


def apply(common: Common, yes: Yes = False) -> int:
    """Create, change and destroy, phase by phase, until nothing is unresolved."""
    from nivis_tofu.engine import Run

    with bound(common, "nivis apply") as b:
        result = Run(b.session, ask=_asker(b, common, yes)).apply()
    return _finish(result, common, human.applied)


def destroy(common: Common, yes: Yes = False) -> int:
    """Destroy everything that is in the state."""
    from nivis_tofu.engine import Run

    with bound(common, "nivis destroy") as b:
        result = Run(b.session, ask=_asker(b, common, yes)).destroy()
    return _finish(result, common, human.destroyed)


def validate(common: Common) -> int:
    """Check the flake, the IR and what the engine says of the rendered part; changes nothing."""
    from nivis_tofu.checks import validate as check

    with bound(common, "nivis validate") as b:
        warnings = check(b.session)
    for warning in warnings:
        print(errors.diagnostic(warning), file=sys.stderr)
    print("The configuration is valid.")
    return 0


def _finish(result: Applied, common: Common, text: Callable[[Applied, human.Style], str]) -> int:
    if common.json:
        print(jsonl.applied(result))
    elif result.error is None:
        print(text(result, style(common, sys.stdout)), end="")
    else:
        print(human.recap(result, text, style(common, sys.stdout)), end="")
    if result.error is None:
        return 0
    sys.stdout.flush()
    print(errors.error(result.error), end="", file=sys.stderr)
    for line in human.talk_of_failure(result):
        print(line, file=sys.stderr)
    return int(result.error.exit_code)


def _asker(b: Bound, common: Common, yes: bool) -> Callable[[Preview], bool] | None:
    """On a terminal: show what goes and ask. Elsewhere nothing is asked."""
    if yes or not b.interactive:
        return None

    def ask(preview: Preview) -> bool:
        b.progress.__exit__()
        for line in preview.destructive:
            print(f" {human.MARKERS[line.action]} {line.id}", file=sys.stderr)
        words = "destroyed or replaced"
        print(
            f"{len(preview.destructive)} resource(s) will be {words}. Go on? [y/N] ",
            end="",
            file=sys.stderr,
            flush=True,
        )
        answer = sys.stdin.readline().strip().lower()
        b.progress.__enter__()
        return answer in ("y", "yes")

    return ask
