"""state rm, mv, pull, push, replace-provider; taint, untaint, import, force-unlock: the state by hand."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nivis_tofu import jsontext
from nivis_tofu.cli.bind import Bound, bound
from nivis_tofu.cli.common import Common, verb
from nivis_tofu.cli.inspect_ import state_app

if TYPE_CHECKING:
    from nivis_tofu.statework import StateWork

Id = Annotated[str, typer.Argument(metavar="ID", help="A nivis id or an engine address.")]


def register(app: typer.Typer) -> None:
    below: dict[str, Callable[..., int]] = {
        "rm": state_rm,
        "mv": state_mv,
        "pull": state_pull,
        "push": state_push,
        "replace-provider": state_replace_provider,
    }
    for name, function in below.items():
        state_app.command(name)(verb(function))
    beside: dict[str, Callable[..., int]] = {
        "taint": taint,
        "untaint": untaint,
        "import": import_,
        "force-unlock": force_unlock,
    }
    for name, function in beside.items():
        app.command(name)(verb(function))


def state_rm(
    common: Common,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids or addresses; * and ? match many.")],
) -> int:
    """Forget resources without destroying them."""
    with bound(common, "nivis state rm") as b:
        gone = _work(b).remove(ids)
    if common.json:
        print(jsontext.dumps({"removed": gone}))
    else:
        print("\n".join([f"Removed {len(gone)} resource(s) from the state:", *(f" x {i}" for i in gone)]))
    return 0


def state_mv(
    common: Common,
    source: Annotated[str, typer.Argument(metavar="OLD", help="What it is called now: id or address.")],
    destination: Annotated[str, typer.Argument(metavar="NEW", help="What it is to be called.")],
) -> int:
    """Rename a resource in the state; nothing real changes."""
    with bound(common, "nivis state mv") as b:
        old, new = _work(b).move(source, destination)
    print(f" > {new}  from {old}")
    return 0


def state_pull(common: Common) -> int:
    """Print the state as it is stored, secrets included."""
    with bound(common, "nivis state pull", lock=False) as b:
        text = _work(b).pull()
    sys.stdout.write(text if text.endswith("\n") or not text else text + "\n")
    return 0


def state_push(
    common: Common,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A state file.")],
    force: Annotated[bool, typer.Option("--force", help="Even if the state is newer, or another one.")] = False,
) -> int:
    """Put a state file in the place of the state."""
    with bound(common, "nivis state push") as b:
        _work(b).push(file, force=force)
    print(f"Pushed {file}.")
    return 0


def state_replace_provider(
    common: Common,
    source: Annotated[str, typer.Argument(metavar="FROM", help="Source address of the provider now.")],
    destination: Annotated[str, typer.Argument(metavar="TO", help="Source address of the provider to be.")],
) -> int:
    """Give the resources of one provider to another one."""
    with bound(common, "nivis state replace-provider") as b:
        changed = _work(b).replace_provider(source, destination)
    print(
        "\n".join(
            [
                f"Replaced the provider of {len(changed)} resource(s)" + (":" if changed else "."),
                *(f" ~ {i}" for i in changed),
            ]
        )
    )
    return 0


def taint(common: Common, id_: Id) -> int:
    """Have a resource replaced by the next apply."""
    with bound(common, "nivis taint") as b:
        name = _work(b).taint(id_, tainted=True)
    print(f"{name} is tainted: the next apply replaces it.")
    return 0


def untaint(common: Common, id_: Id) -> int:
    """Take back a taint."""
    with bound(common, "nivis untaint") as b:
        name = _work(b).taint(id_, tainted=False)
    print(f"{name} is no longer tainted.")
    return 0


def import_(
    common: Common,
    id_: Id,
    import_id: Annotated[str, typer.Argument(metavar="IMPORTID", help="What the provider calls the real object.")],
) -> int:
    """Take over a real object into a declared resource."""
    with bound(common, "nivis import") as b:
        name = _work(b).adopt(id_, import_id)
    print(f" < {name}")
    return 0


def force_unlock(
    common: Common,
    lock_id: Annotated[str, typer.Argument(metavar="LOCKID", help="As the error about the held lock names it.")],
) -> int:
    """Remove a state lock that its holder left behind."""
    with bound(common, "nivis force-unlock") as b:
        _work(b).ready()
        b.session.tofu.force_unlock(lock_id)
    print("The state is unlocked.")
    return 0


def _work(b: Bound) -> StateWork:
    from nivis_tofu.statework import StateWork

    return StateWork(b.session)
