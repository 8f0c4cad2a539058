"""workspace list, show, new, select, delete: several states of one configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nivis_tofu.cli import result
from nivis_tofu.cli.common import Common, verb
from nivis_tofu.cli.help_page import Cli
from nivis_tofu.cli.setup import bound
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.nearest import did_you_mean
from nivis_tofu.views import edits

if TYPE_CHECKING:
    from nivis_tofu.manage.state_edit import StateWork
    from nivis_tofu.run.session import Session

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the workspace.")]


def register(app: typer.Typer) -> None:
    group = Cli(help="Manage several states of one configuration.", no_args_is_help=True)
    for function in (list_, show, new, select, delete):
        group.command(function.__name__.rstrip("_"))(verb(function))
    app.add_typer(group, name="workspace")


def list_(common: Common) -> int:
    """List the workspaces; a star marks the selected one."""
    with bound(common, "nivis workspace list", lock=False) as b:
        names, current = _ready(b.session).workspaces()
    return result.show(common, edits.workspaces(names, current))


def show(common: Common) -> int:
    """Print the name of the selected workspace."""
    with bound(common, "nivis workspace show", lock=False, engine=False) as b:
        name = _work(b.session).workspace()
    return result.show(common, edits.workspace(name))


def new(common: Common, name: Name) -> int:
    """Create a workspace and select it."""
    with bound(common, "nivis workspace new") as b:
        _free(b.session)
        work = _ready(b.session)
        there, _ = work.workspaces()
        if name in there:
            raise NivisError.of(
                "The workspace exists already",
                f"There is a workspace `{name}`.",
                f"`nivis workspace select {name}` selects it.",
            )
        work.session.tofu.workspace_new(name, work.session.options.locking)
        work.session.workdir.remembered.put_workspaces((*there, name))
    return result.show(common, edits.workspace_created(name))


def select(
    common: Common,
    name: Name,
    or_create: Annotated[bool, typer.Option("--or-create", help="Create the workspace if it does not exist.")] = False,
) -> int:
    """Select a workspace."""
    with bound(common, "nivis workspace select") as b:
        _free(b.session)
        _work(b.session).select(name, create=or_create)
    return result.show(common, edits.workspace_selected(name))


def delete(
    common: Common,
    name: Name,
    force: Annotated[bool, typer.Option("--force", help="Delete it even if its state is not empty.")] = False,
) -> int:
    """Delete a workspace; what is in its state is not destroyed."""
    with bound(common, "nivis workspace delete") as b:
        work = _ready(b.session)
        there, current = work.workspaces()
        _deletable(name, there, current)
        work.session.tofu.workspace_delete(name, work.session.options.locking, force=force)
        work.session.workdir.remembered.put_workspaces({*there} - {name})
    return result.show(common, edits.workspace_deleted(name))


def _deletable(name: str, there: tuple[str, ...], current: str) -> None:
    if name not in there:
        raise NivisError.of(
            "No such workspace",
            f"There is no workspace `{name}`; there are: {', '.join(there)}.",
            did_you_mean(name, there, "`nivis workspace list` shows them."),
        )
    if name == current:
        other = next((n for n in there if n != name), None)
        raise NivisError.of(
            "The workspace is selected",
            f"`{name}` is the selected workspace, which cannot be deleted.",
            f"`nivis workspace select {other}` selects another one; then delete it."
            if other
            else "It is the only one.",
        )


def _work(session: Session) -> StateWork:
    from nivis_tofu.manage.state_edit import StateWork

    return StateWork(session)


def _ready(session: Session) -> StateWork:
    from nivis_tofu.manage.state_edit import ready

    return _work(ready(session))


def _free(session: Session) -> None:
    """A workspace that the environment names cannot be changed by us."""
    if chosen := session.tofu.env.get("TF_WORKSPACE"):
        raise NivisError.of(
            "The workspace is chosen by the environment",
            f"TF_WORKSPACE is set to `{chosen}`, which wins over any selection.",
            "Unset TF_WORKSPACE, or change it.",
        )
