"""Options -> a Session: finds the tools, names the directories, takes the lock."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import Field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nivis_tofu.cli import progress_view
from nivis_tofu.cli.ask import paused, question
from nivis_tofu.cli.common import ENGINE_ARGS, Common, LogLevel
from nivis_tofu.cli.many import EVALUATED, HEARD, READ
from nivis_tofu.cli.progress_view import Tell
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.events import Told
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex
from nivis_tofu.core.visible import line

if TYPE_CHECKING:
    from nivis_tofu.api.request import RunRequest
    from nivis_tofu.api.sessions import Hearing
    from nivis_tofu.run.session import Session
    from nivis_tofu.views.progress import Progress

_MAYBE_SECRET = regex("pass|secret|token|key|credential|private|^pw", re.IGNORECASE)


@immutable
class Bound:
    """A session and the view of its progress."""

    session: Session
    progress: Progress
    interactive: bool


@contextlib.contextmanager
def bound(
    common: Common, command: str, *, lock: bool = True, flake: bool = True, engine: bool = True
) -> Iterator[Bound]:
    """Everything a verb needs; the project is locked meanwhile unless the verb only reads.

    `flake`: without one the verb has nothing to do. `engine`: without one it can do nothing; else an engine is missed
    only by what asks it something (a state in a remote backend).
    """
    # Not at the top: every verb's `--help` imports this module.
    from nivis_tofu.api import sessions
    from nivis_tofu.system import signals

    request = request_of(common, project_directory(common, above=flake))
    progress = progress_view.view(common, command)
    interactive = common.input_ and sys.stdin.isatty() and sys.stderr.isatty()
    heard = hearing(common, progress, _asks(progress) if interactive else _nobody)
    with (
        sessions.opened(request, command, heard, lock=lock, flake=flake, engine=engine) as session,
        progress,
        signals.leaving_tidily(progress.aside),
    ):
        if common.log_level is LogLevel.debug:
            for name, where in session.options.origins.items():
                progress(Told(f"variable {name} comes from {where}", "debug"))
        yield Bound(session, progress, interactive)


def _nobody(name: str) -> str | None:
    """Nobody is there to be asked."""


def _asks(progress: Progress) -> Callable[[str], str | None]:
    """Asks for the value of a variable, once each: who gave no answer is not asked again."""
    given: dict[str, str | None] = {}

    def ask(name: str) -> str | None:
        if name not in given:
            with paused(progress):
                given[name] = question(f"Value of the variable {name}: ", secret=bool(_MAYBE_SECRET.search(name)))
        return given[name]

    return ask


def request_of(common: Common, project: Path) -> RunRequest:
    """What the command line asks for."""
    from nivis_tofu.api.request import RunRequest

    def given(option: Field[Any]) -> Any:
        value = getattr(common, option.name)
        return tuple(value or ()) if option.default == () else value

    found: dict[str, Any] = {f.name: given(f) for f in fields(RunRequest) if hasattr(common, f.name)}
    found |= {
        "one_plan": common.one_plan or "",
        "engine_args": ENGINE_ARGS.get(),
        "made": EVALUATED.get({}),
        "read": READ.get(),
    }
    found["heard"] = HEARD.get()
    return RunRequest(project=project, env=dict(os.environ), **found)


def make_session(common: Common, project: Path, root: Path, tell: Tell, ask: Callable[[str], str | None]) -> Session:
    """A session that is heard by `tell`."""
    from nivis_tofu.api import sessions

    return sessions.make(request_of(common, project), root, hearing(common, tell, ask))


def hearing(common: Common, tell: Tell, ask: Callable[[str], str | None]) -> Hearing:
    from nivis_tofu.api.sessions import Hearing

    return Hearing(tell, lambda text: progress_view.note(text, common, tell), ask)


def sibling(common: Common, project: Path, name: str, *, others: bool = False) -> Session:
    """A session of another stack, with the options that are not about one stack alone.

    `others`: what it would make of yet others matters, too.
    """
    from nivis_tofu.api import sessions

    return sessions.sibling(request_of(common, project), name, others=others)


def project_directory(common: Common, *, above: bool = False) -> Path:
    """The flake's directory; for a remote flake the current one.

    `above`: where the current directory has no flake, that of the next flake above, within the git work tree.
    """
    path = Path(common.flake).expanduser()
    if path.is_dir():
        path = path.resolve()
        if not above or common.flake != "." or (next_one := _flake_above(path)) is None:
            return path
        if common.log_level is not LogLevel.quiet:
            print(f"The project is {line(str(next_one))}, where the next flake.nix above is.", file=sys.stderr)
        return next_one
    if ":" in common.flake:
        return Path.cwd()
    raise NivisError.of("No such directory", f"`--flake {common.flake}` is neither a directory nor a flake reference.")


def _flake_above(path: Path) -> Path | None:
    """The directory of the next flake above one that has none and is no project; not beyond the git work tree."""
    from nivis_tofu.nix.tree import git_top

    top = git_top(path)
    if top is None or (path / "flake.nix").is_file() or (path / ".nivis").is_dir():
        return None
    within = [parent for parent in path.parents if parent.is_relative_to(top)]
    return next((parent for parent in within if (parent / "flake.nix").is_file()), None)
