"""state rm, mv, pull, push, replace-provider; taint, untaint, import, force-unlock: the state by hand."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nivis_tofu.cli.ask import affirmed, approved, paused
from nivis_tofu.cli.common import Backup, Common, Yes, backup_path, verb
from nivis_tofu.cli.inspect import state_app
from nivis_tofu.cli.result import show
from nivis_tofu.cli.setup import Bound, bound
from nivis_tofu.core.errors import NivisError
from nivis_tofu.project import state_file
from nivis_tofu.run import refusals
from nivis_tofu.system.files import private, write_atomic
from nivis_tofu.views import edits

if TYPE_CHECKING:
    from nivis_tofu.manage.state_edit import StateWork
    from nivis_tofu.tofu.client import Tofu

Id = Annotated[str, typer.Argument(metavar="ID", help="Id or engine address of a resource.")]

AllowMissing = Annotated[bool, typer.Option("--allow-missing", help="Only warn if there is no such resource.")]

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]


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
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Resources to forget; * and ? match many.")],
    dry_run: DryRun = False,
    backup: Backup = None,
) -> int:
    """Forget resources without destroying them."""
    with bound(common, "nivis state rm") as b:
        gone = _work(b, backup).remove(ids, dry_run=dry_run)
    return show(common, edits.removed(gone, dry_run=dry_run))


def state_mv(
    common: Common,
    source: Annotated[str, typer.Argument(metavar="OLD", help="Its present id or engine address.")],
    destination: Annotated[str, typer.Argument(metavar="NEW", help="Its new id or engine address.")],
    dry_run: DryRun = False,
    backup: Backup = None,
) -> int:
    """Rename a resource in the state; nothing real changes."""
    with bound(common, "nivis state mv") as b:
        old, new = _work(b, backup).move(source, destination, dry_run=dry_run)
    return show(common, edits.moved(old, new, dry_run=dry_run))


def state_pull(
    common: Common,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write to a private file instead of stdout.")
    ] = None,
) -> int:
    """Print the state as it is stored, secrets included."""
    with bound(common, "nivis state pull", lock=False, engine=False) as b:
        text = _work(b).pull()
        if out is not None:
            target = b.session.workdir.destinations.file(
                b.session.workdir.project / out, "this state", lambda path: state_file.is_older(path, text)
            )
    text = text if text.endswith("\n") or not text else text + "\n"
    if out is None:
        sys.stdout.write(text)
        return 0
    write_atomic(target, text)
    return show(common, edits.pulled(str(out)))


def state_push(
    common: Common,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="State file; `-` or nothing reads stdin.")] = None,
    in_: Annotated[Path | None, typer.Option("--in", metavar="FILE", help="The same as the argument.")] = None,
    force: Annotated[bool, typer.Option("--force", "--yes", help="Push even over a newer or different state.")] = False,
) -> int:
    """Replace the state with a state file."""
    if file is not None and in_ is not None:
        raise NivisError.of("FILE and --in exclude each other", f"`{file}` and `{in_}` are two files.", "Give one.")
    given = file or in_ or Path("-")
    with bound(common, "nivis state push") as b, _readable(b, given) as path:
        _work(b).push(path, force=force)
    return show(common, edits.pushed("stdin" if given == Path("-") else str(given)))


@contextlib.contextmanager
def _readable(b: Bound, given: Path) -> Iterator[Path]:
    """The file that is meant; what comes from stdin lies in a private one for the time being."""
    if given != Path("-"):
        yield b.session.workdir.project / given
        return
    if sys.stdin.isatty():
        raise NivisError.of(
            "No state to push",
            "No FILE is named, and stdin is the terminal.",
            "`nivis state push FILE`, or `… < FILE`.",
        )
    path = b.session.workdir.root / "pushed.tfstate"
    try:
        with open(path, "wb", opener=private) as out:
            out.write(sys.stdin.buffer.read())
        yield path
    finally:
        path.unlink(missing_ok=True)


def state_replace_provider(
    common: Common,
    source: Annotated[str, typer.Argument(metavar="FROM", help="Present source of the provider.")],
    destination: Annotated[str, typer.Argument(metavar="TO", help="New source of the provider.")],
    yes: Yes = False,
    backup: Backup = None,
) -> int:
    """Assign the resources of one provider to another; asks first."""
    if not (yes or common.input_):
        raise refusals.unasked("nivis state replace-provider")
    with bound(common, "nivis state replace-provider") as b:

        def approve(changing: list[str]) -> bool:
            with paused(b.progress):
                for name in changing:
                    print(f" ~ {name}", file=sys.stderr)
                return approved(f"The provider of {len(changing)} resource(s) becomes {destination}. Go on?")

        changed = _work(b, backup).replace_provider(source, destination, (lambda _: True) if yes else approve)
    return show(common, edits.provider_replaced(source, destination, changed))


def taint(common: Common, id_: Id, allow_missing: AllowMissing = False, backup: Backup = None) -> int:
    """Make the next apply replace a resource."""
    with bound(common, "nivis taint") as b:
        name = _work(b, backup).taint(id_, tainted=True, allow_missing=allow_missing)
    return show(common, edits.tainted(id_, name, tainted=True))


def untaint(common: Common, id_: Id, allow_missing: AllowMissing = False, backup: Backup = None) -> int:
    """Take back a taint."""
    with bound(common, "nivis untaint") as b:
        name = _work(b, backup).taint(id_, tainted=False, allow_missing=allow_missing)
    return show(common, edits.tainted(id_, name, tainted=False))


def import_(
    common: Common,
    id_: Id,
    import_id: Annotated[
        str, typer.Argument(metavar="IMPORTID", help="Id of the real object, as its provider expects it.")
    ],
    backup: Backup = None,
) -> int:
    """Bring a real object under a declared resource."""
    with bound(common, "nivis import") as b:
        name = _work(b, backup).adopt(id_, import_id)
    return show(common, edits.imported(name, import_id))


def force_unlock(
    common: Common,
    lock_id: Annotated[
        str | None, typer.Argument(metavar="LOCKID", help="Id of the lock; without it, the one that is held.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", "--yes", help="Do not ask.")] = False,
) -> int:
    """Remove a state lock that its holder left behind."""
    with bound(common, "nivis force-unlock") as b:
        from nivis_tofu.manage.state_edit import ready

        tofu = ready(b.session).tofu
        found = lock_id or _holder(b, tofu, force)
        if found:
            tofu.force_unlock(found)
    return show(common, edits.unlocked(found))


def _holder(b: Bound, tofu: Tofu, force: bool) -> str | None:
    """The lock that is held, after a question: nobody named it."""
    lock = tofu.lock_holder()
    if lock is not None and not lock.id:
        raise NivisError.of(
            "Which lock?",
            "The lock is held, and who holds it cannot be read.",
            "Ask the backend for the lock's id, then `nivis force-unlock LOCKID`.",
        )
    if lock is None or force:
        return lock.id if lock else None
    who = f"{lock.who or 'somebody'} since {lock.created or 'an unknown time'}"
    if not b.interactive:
        raise NivisError.of(
            "Which lock?",
            f"The lock is held by {who}. Without a terminal nivis does not ask.",
            f"If that run has died: `nivis force-unlock {lock.id}`, or `nivis force-unlock --force`.",
        )
    with paused(b.progress):
        if not affirmed(f"The lock is held by {who}. Is that run dead, shall the lock go?"):
            raise refusals.declined()
    return lock.id


def _work(b: Bound, backup: str | None = None) -> StateWork:
    from nivis_tofu.manage.state_edit import StateWork

    return StateWork(b.session.with_options(backup=backup_path(b.session, backup)))
