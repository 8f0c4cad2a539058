"""`providers`: which configuration of which provider each resource uses, and the version locked for it."""

from __future__ import annotations

from nivis_tofu.core.immutable import immutable
from nivis_tofu.hcl import lockfile
from nivis_tofu.ir.providers import BUILTIN, full_source
from nivis_tofu.run.session import Session
from nivis_tofu.run.start import start


@immutable
class Used:
    """One provider configuration. `key` is empty for a provider that only the state still needs."""

    key: str
    source: str
    version: str
    constraint: str
    users: tuple[str, ...]


def used(session: Session) -> tuple[Used, ...]:
    session, at = start(session)
    kind = session.tofu.kind
    locked = lockfile.read(session.workdir.settled.run.lock_file)

    def entry(key: str, source: str, constraint: str, users: list[str]) -> Used:
        version = "built in" if source == BUILTIN else locked[source].version if source in locked else ""
        return Used(key, source, version, constraint, tuple(users))

    found = []
    for key, provider in at.ir.providers.items():
        users = [r.id for r in at.ir.resources.values() if key in (r.provider, *r.module_providers.values())]
        found.append(entry(key, full_source(provider.source, kind), provider.version, sorted(users)))
    declared = {u.source for u in found}
    names = {o.address: i for i, o in at.ledger.objects.items()}
    orphaned: dict[str, list[str]] = {}
    known = {r.address for r in at.ir.resources.values()}
    for address, source in at.snapshot.providers.items():
        if address not in known and source not in declared:
            orphaned.setdefault(source, []).append(names.get(address, address))
    return (*found, *(entry("", source, "", sorted(users)) for source, users in orphaned.items()))
