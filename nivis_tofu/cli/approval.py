"""Whether a run may go on: who is asked, and which answer counts (docs/reference/environment.md, "Questions")."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from nivis_tofu.cli.ask import affirmed, approved, named, paused
from nivis_tofu.cli.common import Common
from nivis_tofu.cli.result import style
from nivis_tofu.cli.setup import Bound
from nivis_tofu.core.outcome import Preview
from nivis_tofu.run import refusals
from nivis_tofu.views import question

if TYPE_CHECKING:
    from nivis_tofu.run.session import Session


def answerable(common: Common, yes: bool, command: str) -> None:
    """Raise NivisError if questions are forbidden (`-input=false`) and nothing answers them in advance."""
    if not (common.input_ or yes):
        raise refusals.unasked(command)


def asks(b: Bound, yes: bool) -> Literal["", "terminal", "pipe"]:
    """Where answers would come from; empty: nobody is asked."""
    return "" if yes else "terminal" if b.interactive else "pipe"


def asker(b: Bound, common: Common, yes: bool) -> Callable[[Session, Preview], bool] | None:
    """Show what will change and ask: about everything if wanted, else (on a terminal) about what is destroyed."""
    if yes:
        return None
    from nivis_tofu.run import asking

    def agreed(session: Session, preview: Preview) -> bool:
        every, shown = asking.always(session), style(common, sys.stderr)
        entire = preview.entire and asking.setting(session) == "name"
        if not (every or entire or b.interactive):
            return True
        if not common.input_:  # something that the plan file could not announce
            raise refusals.unasked("nivis apply")
        where = place(session)
        with paused(b.progress):
            if entire:
                name = name_of(session)
                asked = question.entire(preview, where, name, shown)
                _show(asked.rows)
                return named(asked.text, name)
            asked = question.of(preview, where, shown, every=every)
            _show(asked.rows)
            return approved(asked.text) if every else affirmed(asked.text)

    return agreed


def drift(b: Bound, common: Common, session: Session, drifted: Sequence[str]) -> bool:
    """Ask about what `apply -refresh-only` will write to the state."""
    with paused(b.progress):
        _show(question.drift(drifted, style(common, sys.stderr)))
        return approved(f"Update the state to what is real, in {place(session)}?")


def place(session: Session) -> str:
    """The state as a question names it: the workspace, or the place of the state if there is only one."""
    workspace, stack = session.workdir.state.current_workspace(), session.workdir.namespace.stack
    of = f" of stack {stack}" if stack else ""
    if workspace != "default" or session.ir is None:
        return f"workspace {workspace}{of}"
    if stack:
        return f"stack {stack}"
    return session.workdir.settled.backend.name.removeprefix("the local file ")


def name_of(session: Session) -> str:
    """What has to be typed before everything is destroyed: the name of the workspace, the stack or the project."""
    workspace, workdir = session.workdir.state.current_workspace(), session.workdir
    return workspace if workspace != "default" else workdir.namespace.stack or workdir.project.name


def _show(rows: Iterable[str]) -> None:
    for row in rows:
        print(row, file=sys.stderr)
