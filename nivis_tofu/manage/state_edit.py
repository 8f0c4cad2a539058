"""Changing the state by hand: what `nivis state`, `import`, `taint` and `workspace` do with the engine."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable
from pathlib import Path

from nivis_tofu.core.errors import EngineError, NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.nearest import did_you_mean
from nivis_tofu.ir.engine_name import resolve
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.names import ending
from nivis_tofu.ir.providers import full_source
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.manage.state_read import Inspection
from nivis_tofu.run import refusals
from nivis_tofu.run.decide.held import cut
from nivis_tofu.run.module import write_next
from nivis_tofu.run.session import Session
from nivis_tofu.run.start import evaluated, own, start
from nivis_tofu.system import notes
from nivis_tofu.tofu.address_syntax import bare
from nivis_tofu.tofu.client import Tofu

BACKED_UP = ("state_rm", "state_mv", "state_replace_provider", "taint", "untaint", "import")


def ready(session: Session) -> Session:
    """The session in which the engine reaches the state; the flake is evaluated only if `init` was never run."""
    known = session.recalled()
    return known if known and known.workdir.schemas.known else start(session)[0]


@immutable
class StateWork:
    """The state of one project, edited through the engine, which takes care of locks, backups and remote backends."""

    session: Session

    def remove(self, patterns: list[str], *, dry_run: bool) -> list[str]:
        """Forget objects without destroying them; returns their ids."""
        look = Inspection(self.session)
        names = look.names
        addresses = names.match(patterns)
        if not dry_run:
            _backed_up(look.session).state_rm(tuple(addresses), self.session.options.locking)
        return [names.id_of(a) for a in addresses]

    def move(self, source: str, destination: str, *, dry_run: bool) -> tuple[str, str]:
        """Give an object another address; returns its old and new name."""
        look = Inspection(self.session)
        names = look.names
        old, new = names.find(source), names.target(destination)
        _backed_up(look.session).state_mv(old, new, self.session.options.locking, dry_run=dry_run)
        return names.id_of(old), destination

    def replace_provider(self, source: str, destination: str, approve: Callable[[list[str]], bool]) -> list[str]:
        """Assign the objects of one provider to another if `approve` agrees; returns their ids."""
        look = Inspection(self.session)
        names, session = look.names, look.session
        old = full_source(source, session.tofu.kind)
        hit = [i.address for i in session.workdir.state.snapshot().instances if i.provider == old and not i.deposed]
        if hit:
            if not approve([names.id_of(a) for a in hit]):
                raise refusals.declined()
            _backed_up(session).state_replace_provider(source, destination, self.session.options.locking)
        return [names.id_of(a) for a in hit]

    def push(self, file: Path, *, force: bool) -> None:
        session = ready(self.session)
        if not file.is_file():
            raise NivisError.of("No such state file", f"There is no file {file}.")
        session.tofu.state_push(file.resolve(), session.options.locking, force=force)

    def pull(self) -> str:
        return ready(self.session).workdir.state.raw_state()

    def workspace(self) -> str:
        """The selected workspace; before the first run this depends on the flake."""
        known = self.session.recalled()
        if known or self.session.tofu.env.get("TF_WORKSPACE"):
            return (known or self.session).workdir.state.current_workspace()
        session, _ = evaluated(self.session, Snapshot())
        return session.workdir.state.workspace_to_be()

    def workspaces(self) -> tuple[tuple[str, ...], str]:
        """All of them as the backend knows them now, and the selected one."""
        names, current = self.session.tofu.workspace_list()
        self.session.workdir.remembered.put_workspaces(names)
        return names, current

    def select(self, name: str, *, create: bool) -> None:
        """Select a workspace; `create`: create it if it does not exist. Raises NivisError."""
        session = ready(self.session)
        there, _ = StateWork(session).workspaces()
        if name in there:
            session.tofu.workspace_select(name)
        elif create:
            session.tofu.workspace_new(name, session.options.locking)
            session.workdir.remembered.put_workspaces((*there, name))
        else:
            raise NivisError.of(
                "No such workspace",
                f"There is no workspace `{name}`; there are: {', '.join(there)}.",
                did_you_mean(name, there, f"`nivis workspace new {name}` creates it."),
            )

    def taint(self, text: str, *, tainted: bool, allow_missing: bool = False) -> str | None:
        """Mark an object for replacement or remove the mark; returns its id, or None if it is missing and may be."""
        look = Inspection(self.session)
        names = look.names
        try:
            address = names.find(text)
        except NivisError:
            if allow_missing:
                return None
            raise
        engine = _backed_up(look.session)
        act = engine.taint if tainted else engine.untaint
        act(address, self.session.options.locking)
        return names.id_of(address)

    def adopt(self, text: str, import_id: str) -> str:
        """`nivis import`: put an existing real object under a declared resource; returns its id."""
        session, at = start(self.session)
        address = _declared(at.ir, text)
        name = at.ir.by_address[bare(address)].id
        if name in cut(at).held:
            raise NivisError.of(
                "This resource cannot be imported yet",
                f"The configuration of `{name}` needs values that are not known yet, so the engine cannot see it.",
                "Run `nivis apply` until what it depends on exists, then import it.",
                address=name,
            )
        write_next(session, at)
        own(session)
        _backed_up(session).import_(address, import_id, session.options.locking)
        fresh = session.read(session.workdir.state.snapshot(), at.ir)
        session.record(fresh.with_(evaluation=at.evaluation))
        return at.names.id_of(address)


def _backed_up(session: Session) -> Tofu:
    """The engine; its backup of a local state goes below `.nivis/`, not beside the user's file."""
    tofu = session.tofu
    if not session.workdir.state.backup:
        return tofu
    folder = notes.directory(session.workdir.root / "backups")
    file = folder / f"{time.strftime('%Y%m%d-%H%M%S')}.tfstate"
    usual = os.path.relpath(file, session.workdir.settled.run.path)
    flag = shlex.quote(f"-backup={session.options.backup or usual}")
    return tofu.at(env={**tofu.env, **{f"TF_CLI_ARGS_{name}": flag for name in BACKED_UP}})


def _declared(ir: IR, text: str) -> str:
    """The engine address of a declared resource, instance key included."""
    known = {**{r.id: a for a, r in ir.by_address.items()}, **{a: a for a in ir.by_address}}
    found = resolve(text, known) or ending(text, known)
    if found is None:
        raise EngineError.of(
            "Resource not declared",
            f"`{text}` is not part of the configuration, so there is nothing to import it into.",
            did_you_mean(
                text,
                [*ir.resources, *ir.by_address],
                "What is not there yet is declared in the flake first (`lib.mkResource`), then imported.",
            ),
            address=text,
        )
    return found
