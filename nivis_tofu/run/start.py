"""How every verb starts that needs to know where it stands: state, flake, working directory, in this order.

Data: what the state knows -> Nix -> where this configuration has its state, and `init` if need be -> that state; Nix is
asked again only where the IR names objects otherwise than the last run did.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nivis_tofu.core.errors import NixError
from nivis_tofu.core.events import Stage, Told
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.ir.model import Resource
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.project import engine_init
from nivis_tofu.project.backends import Backend
from nivis_tofu.run import refusals
from nivis_tofu.run.decide import select
from nivis_tofu.run.decide.look import distrusting
from nivis_tofu.run.decide.position import Position
from nivis_tofu.run.decide.select import Patterns
from nivis_tofu.run.module import render
from nivis_tofu.run.session import Session
from nivis_tofu.tofu.argv import InitOptions


def start(session: Session) -> tuple[Session, Position]:
    """Where a run of this project stands, evaluated; the engine can work then, in the session that is returned.

    If Nix throws on what the state says, the evaluation is one that trusts nothing: `stuck` tells.
    """
    return ready(*first(session))


def first(session: Session) -> tuple[Session, Position]:
    """The evaluation of the state where the last run had it; of an empty one if that is not known."""
    known = session.recalled()
    return evaluated(known or session, known.workdir.state.snapshot() if known else Snapshot())


def ready(session: Session, at: Position) -> tuple[Session, Position]:
    """From the first evaluation to where the run stands, with `init` if need be."""
    if session.workdir.state.name_in(session.workdir.place(at.ir)) == session.workdir.state.name:
        refuse_other(session, at.snapshot)
    before = session.workdir.state.name
    session = prepare(session, at.whole, had_state=bool(at.snapshot.addresses))
    state = session.workdir.state
    state.current_workspace()  # a damaged note of it stops here
    # To read it from afar takes an engine process; what is new there is the same race with one reading or two.
    known = state.read_before if state.name == before and not state.backend.is_local else None
    fresh = session.read(known or state.snapshot(), at.ir)
    refuse_other(session, fresh.snapshot)
    if left := left_behind(session, fresh.snapshot):
        raise refusals.left_behind(left.name, session.workdir.place(at.ir).name)
    full = at.now.full
    select.check(Patterns(full, fresh.snapshot, fresh.names.ids), session.options.selection, session.options.replace)
    now = fresh.with_(evaluation=at.evaluation, stuck=at.stuck)
    session.record(now)
    if fresh.ledger.objects != at.ledger.objects:
        session, now = _evaluate_somehow(session, fresh)
        session.record(now)
    elif session.one_plan:
        now = session.chosen(now)  # with the schemas, which were not there before `init`
    return session, now


def evaluated(session: Session, snapshot: Snapshot) -> tuple[Session, Position]:
    """What Nix makes of a state; on values that it throws on, of a state of which nothing is trusted."""
    session.nix.lock(lambda text: session.emit(Told(text, "verbose")))
    return _evaluate_somehow(session, session.read(snapshot))


def own(session: Session) -> None:
    """Remember that the state belongs to this attribute of the flake."""
    session.workdir.remembered.put_attribute(session.workdir.state.name, session.nix.attr)


def left_behind(session: Session, snapshot: Snapshot) -> Backend | None:
    """Where a state of this attribute lies that a run on the present one, which is empty, would leave behind."""
    state = session.workdir.state
    found = state.left_behind(snapshot)
    if found and session.workdir.remembered.attribute(state.name_in(found)) not in ("", session.nix.attr):
        return None  # several attributes, with a place each
    return found


def refuse_other(session: Session, snapshot: Snapshot) -> None:
    """Raise NivisError if another attribute made the state, since this one would destroy what it does not declare."""
    owner = session.workdir.remembered.attribute(session.workdir.state.name)
    if owner not in ("", session.nix.attr) and (snapshot.addresses or snapshot.outputs):
        raise refusals.other_attribute(owner, session.nix.attr)


def _evaluate_somehow(session: Session, at: Position) -> tuple[Session, Position]:
    try:
        return session.evaluate(at)
    except NixError as error:
        if not at.ledger.objects:
            raise
        try:
            session, found = session.evaluate(at.with_(ledger=distrusting(at.ledger)))
        except NixError:
            raise error from None
        return session, found.with_(ledger=at.ledger, stuck=True)


def prepare(session: Session, at: Position, init: InitOptions | None = None, *, had_state: bool = False) -> Session:
    """The session in which the engine can work for this configuration, after `init` and schemas if necessary."""
    ir, backend = at.ir, session.workdir.place(at.ir)
    if session.workdir.state_chosen and not backend.chosen:
        raise refusals.state_beside_backend(backend.type)
    workdir = session.workdir.having(backend=backend)
    session = replace(session, workdir=workdir)
    if absent := [r for r in ir.resources.values() if _is_absent(r, workdir.project)]:
        raise refusals.absent_modules(absent)
    module = render(session, at.with_(ledger=Ledger()), (), calls_only=True)
    workdir.write(module)
    if workdir.engine.absent and backend.file:
        return session  # verbs that only read need no engine for a state in a file
    if engine_init.needed(workdir, ir, module):
        session.emit(Stage("initialising"))
    return replace(session, workdir=engine_init.prepare(workdir, ir, module, init, had_state=had_state))


def _is_absent(resource: Resource, project: Path) -> bool:
    """A module call whose directory is not there, of which the engine would not say what calls it."""
    return resource.source.startswith(("./", "../")) and not (project / resource.source).is_dir()
