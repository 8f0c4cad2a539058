"""What stacks a project has, and who still uses one that is to be destroyed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from nivis_tofu.api import sessions
from nivis_tofu.api.request import RunRequest
from nivis_tofu.api.sessions import Hearing
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.events import Told, Warned
from nivis_tofu.core.namespace import STACKS
from nivis_tofu.run.session import Session
from nivis_tofu.run.standing_state import empty_ledger, ledger, snapshot
from nivis_tofu.stacks import seen
from nivis_tofu.stacks.order import Order
from nivis_tofu.stacks.survey import Survey, survey, undeclared_outputs


def about_all(request: RunRequest) -> RunRequest:
    """The same request about the flake as a whole."""
    return replace(request, stack=None, state=None, attr=STACKS)


def surveyed(request: RunRequest, session: Session) -> Survey:
    """The stacks of a flake; `session`: about the flake as a whole, which is told what is odd. Raises NivisError."""
    project, root = request.project, session.workdir.root
    ledgers = {name: ledger(sessions.sibling(request, name, others=True)) for name in seen.seen(project, root)}
    session.nix.lock(lambda text: session.emit(Told(text, "verbose")))  # once, before many runs do
    found = survey(session.nix, root, ledgers, empty_ledger(session))
    left = seen.undeclared(project, root, found.order.names, found.irs.values())
    warnings = (seen.warning(left) if left else None, None if request.root else undeclared_outputs(found.irs))
    for warning in filter(None, warnings):
        session.emit(Warned(warning))
    return found


def refuse_used(request: RunRequest, order: Order, chosen: Collection[str]) -> None:
    """Raise NivisError if a stack that stays, and has something, uses one that goes."""
    for name in chosen:
        for user in sorted(order.users.get(name, set()) - set(chosen)):
            if snapshot(sessions.sibling(request, user)).managed:
                raise NivisError.of(
                    "A stack that is still used",
                    f"The stack `{user}` uses outputs of `{name}`, and it has resources.",
                    f"Destroy both: `nivis stacks destroy {name} --with-dependents`; or `--force`, if that is meant.",
                )


def refuse_destroy(request: RunRequest, hearing: Hearing) -> None:
    """The same for a destroy of the stack that the request is about."""
    whole = about_all(request)
    with sessions.opened(whole, "", hearing, lock=False, engine=False) as session:
        refuse_used(request, surveyed(whole, session).order, [str(request.stack)])
