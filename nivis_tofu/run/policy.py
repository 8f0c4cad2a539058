"""Programs of the user's that look at a plan before it is done, and may refuse it.

Data: the plan file of a phase, what waits -> one document, as `show F` prints it -> each program -> who refuses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text, visible
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.events import Stage, Told
from nivis_tofu.core.immutable import immutable
from nivis_tofu.run.session import Session
from nivis_tofu.system import notes, process

PLAN = "NIVIS_PLAN"
"""Environment of a check: the file with the document, which is its stdin too."""


@immutable(slots=True)
class Refusal:
    """A check that ended with another code than 0, and what it said."""

    command: str
    code: int
    text: str


def wanted(session: Session) -> tuple[str, ...]:
    """The checks of the flake, then those of the command line: nobody can switch one off."""
    of_flake = session.ir.settings.checks if session.ir else ()
    return tuple(dict.fromkeys((*of_flake, *session.options.checks)))


def refusals(session: Session, plan: Path, later: Sequence[Mapping[str, Any]], *, whole: bool) -> tuple[Refusal, ...]:
    """What the checks say of a plan file and of what comes after it; costs one engine process if there are any."""
    commands = wanted(session)
    if not commands:
        return ()
    session.emit(Stage("checking the plan"))
    _, raw = session.tofu.show_plan(plan)
    document = {**raw, "deferred_changes": list(later), "complete": whole}
    file = notes.free(session.workdir.root / "check.json")
    notes.write(file, json_text.dumps(document))
    try:
        return tuple(found for command in commands if (found := _run(session, command, file)))
    finally:
        notes.clear(file)


def _run(session: Session, command: str, file: Path) -> Refusal | None:
    argv = ("/bin/sh", "-c", f'exec < "${PLAN}"\n{command}')
    with session.nix.around(("check",)) as more:
        env = {**session.nix.env, PLAN: str(file), **more}
        done = process.run(argv, cwd=session.workdir.project, env=env, stop=session.nix.stop)
        session.nix.on_command(("check",), done.seconds, done.returncode)
    text = session.redactor.redact(visible.uncoloured(done.stdout + done.stderr)).rstrip()
    if done.returncode == 0:
        if text:
            session.emit(Told(text, "verbose"))
        return None
    return Refusal(command, done.returncode, text)


def refused(found: Sequence[Refusal], *, late: bool) -> NivisError:
    """The error for checks that refuse. `late`: something has been done already in this run."""
    nothing = "Nothing more was changed." if late else "Nothing was changed."
    return NivisError(
        *(
            Diagnostic(
                "A check refuses the plan",
                f"`{one.command}` ended with {one.code}. {nothing}",
                "" if one.text else "It said nothing; the plan is its stdin, as `nivis show FILE -json` prints it.",
            )
            for one in found
        ),
        raw="\n".join(one.text for one in found if one.text),
    )
