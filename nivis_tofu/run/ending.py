"""What there is to say of a run that has ended: its outputs, and what a failure leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.outcome import Applied, Hidden, Tally
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.run import refusals
from nivis_tofu.run.recorder import Recorder
from nivis_tofu.run.session import Session
from nivis_tofu.system.reserve import free
from nivis_tofu.tofu.raw_state import RawInstance, RawOutput

_FULL = 1 << 20
"""Bytes; with less than that a state may not have been written."""


def declared(session: Session, snapshot: Snapshot) -> Mapping[str, RawOutput]:
    """Declared outputs with their values, once there was an apply; the state drops null ones."""
    if not snapshot.serial:
        return snapshot.outputs
    null = RawOutput(None, "dynamic", False)
    return {**dict.fromkeys(session.workdir.remembered.outputs(), null), **snapshot.outputs}


def outputs(session: Session, snapshot: Snapshot) -> dict[str, Any]:
    """The values in the state, for people, without secrets."""
    found = declared(session, snapshot)
    return {name: Hidden("(sensitive)") if found[name].sensitive else found[name].value for name in sorted(found)}


def failed(session: Session, record: Recorder, error: NivisError, unstarted: Iterable[str]) -> Applied:
    """The result of a run ended by an error; `unstarted`: ids that later phases would have created."""
    rescued = session.workdir.state.rescue()
    if rescued:
        error = error.with_(*error.diagnostics, *refusals.unsaved(rescued).diagnostics)
    if (left := free(session.workdir.root)) < _FULL:
        error = error.with_(*error.diagnostics, refusals.disk_full(session.workdir.root, left))
    not_started, half = record.left(unstarted)
    tainted, lost = ((), ()) if rescued else _in_doubt(session, record)
    return Applied(
        record.tally,
        0,
        error=error,
        not_started=not_started,
        half=half,
        complete=False,
        tainted=tainted,
        lost=lost,
        unsaved=rescued.name if rescued else "",
    )


def _in_doubt(session: Session, record: Recorder) -> tuple[tuple[str, ...], tuple[str, ...]]:
    tally = record.tally
    if not (tally.acted or tally.failed or tally.unfinished):
        return (), ()
    try:
        state = session.workdir.state.snapshot()
    except (NivisError, OSError):
        # What stopped the run keeps the state from being read: its backup may be older than all that was made.
        state = Snapshot()
    return in_doubt(tally, record.made, state, record.state, record.id_of)


def in_doubt(
    tally: Tally, made: Mapping[str, str], state: Snapshot, before: Snapshot, id_of: Callable[[str], str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ids that a run left tainted, and ids that it made, or may have made, without the state knowing them.

    `made`: what the phase that broke off had begun to make, id -> the cloud's name for it; `before`: the state when
    that phase began.
    """
    there, old = ({id_of(i.address): i for i in s.instances if not i.deposed} for s in (state, before))
    touched = {*tally.acted, *tally.failed, *tally.unfinished}
    tainted = (i for i in touched & there.keys() if there[i].tainted)
    every = made.keys() | {i for i, acted in tally.acted.items() if acted.actions[-1] == "create"}
    # Of what is replaced the state may have the old object still; the new one may also have its name (a bucket).
    stale = {
        i for i in made.keys() & there.keys() & old.keys() if _same(there[i], old[i]) and not _is(there[i], made[i])
    }
    return tuple(sorted(tainted)), tuple(sorted(every - (there.keys() - stale)))


def _same(one: RawInstance, other: RawInstance) -> bool:
    """Is it one object? What has no id has its attributes."""
    ids = [i.attributes.get("id") for i in (one, other)]
    return ids[0] == ids[1] if any(ids) else one.attributes == other.attributes


def _is(instance: RawInstance, id_: str) -> bool:
    return bool(id_) and str(instance.attributes.get("id")) == id_
