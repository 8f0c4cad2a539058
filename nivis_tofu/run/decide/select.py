"""--target and --exclude: which part of a configuration a run is about. Pure: an IR in, a smaller IR out.

What is left out is neither rendered nor touched: it becomes `IR.unselected`, which every phase excludes. So an
engine never sees `-target`, and phases go on as ever for what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.globs import matches
from nivis_tofu.core.immutable import immutable
from nivis_tofu.ir import graph
from nivis_tofu.ir.engine_name import beginnings, split_key
from nivis_tofu.ir.model import IR, Part, Provider
from nivis_tofu.ir.names import Names, nearest_hint, typed
from nivis_tofu.ir.snapshot import Snapshot, owner
from nivis_tofu.ir.values import Value, references
from nivis_tofu.tofu.address_syntax import bare


@immutable
class Selection:
    """Ids, addresses or globs as typed. A target brings what it depends on; an exclusion, what depends on it."""

    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.targets or self.excludes)

    def restrict(self, ir: IR, snapshot: Snapshot, known: Mapping[str, str]) -> IR:
        """The IR with what is selected; all else is `unselected`. `known`: address -> id of the last run."""
        if not self:
            return ir
        names = Patterns(ir, snapshot, known)
        edges = {**graph.edges(ir), **{group.name: {r.resource for r in group.refs} for group in ir.groups}}
        kept = set(edges) | names.orphans.keys()
        if self.targets:
            kept = graph.closure(names.matching(self.targets), edges)
            if ir.groups and (names.missing(self.targets) or kept & names.orphans.keys()):
                # What is asked for may be a member of a group, and be known to be when the group is.
                kept |= graph.closure([group.name for group in ir.groups], edges)
        if self.excludes:
            back = graph.dependents(edges)
            kept -= graph.closure(names.matching(self.excludes, whole=True), back)
            # An instance stays behind alone; what depends on its resource cannot go ahead of it.
            some = names.instances_of(self.excludes).keys()
            kept -= graph.closure({d for i in some for d in back.get(i, ())}, back) - some
        if any(group.name not in kept for group in ir.groups):
            # Nobody can tell what belongs to a group that is left out.
            kept -= names.orphans.keys()
        return _part(ir, kept, {a: i for i, a in names.orphans.items() if i not in kept}, self._parts(names, edges))

    def going(self, ir: IR, snapshot: Snapshot, known: Mapping[str, str]) -> Going:
        """What a destroy covers in the state; dependants of a target are included."""
        if not self:
            return Going(snapshot.addresses)
        names = Patterns(ir, snapshot, known)
        edges = {a: set(found) for a, found in graph.addresses(ir).items()}
        for address, wanted in snapshot.dependencies.items():
            edges.setdefault(address, set()).update(wanted)
        going = set(snapshot.addresses)
        back = graph.dependents(edges)
        if self.targets:
            going &= graph.closure({names.address(i) for i in names.matching(self.targets)}, back)
        if self.excludes:
            going -= graph.closure({names.address(i) for i in names.matching(self.excludes, whole=True)}, edges)
            some = {names.address(i) for i in names.instances_of(self.excludes)}
            going -= graph.closure({d for a in some for d in edges.get(a, ())}, edges) - some
        return Going(frozenset(going), self._parts(names, graph.dependents(names.by_id(edges))))

    def _parts(self, names: Patterns, edges: graph.Edges) -> dict[str, Part]:
        """Which instances are meant, by address. What another target needs, `edges`, is needed whole."""
        whole = names.matching(self.targets, whole=True)
        needed = graph.closure({d for i in names.matching(self.targets) for d in edges.get(i, ())}, edges)
        only = {i: p for i, p in names.instances_of(self.targets).items() if i not in whole | needed}
        without = names.instances_of(self.excludes)
        return {
            names.address(i): Part(tuple(only.get(i, ())), tuple(without.get(i, ())))
            for i in only.keys() | without.keys()
        }


@immutable
class Going:
    """What a destroy takes: addresses without keys, and of some of them only these instances."""

    addresses: frozenset[str]
    parts: Mapping[str, Part] = field(default_factory=dict)

    def instances(self, snapshot: Snapshot) -> dict[str, list[str]]:
        """Address -> the managed instances that are destroyed, for resources of which only some are."""
        found: dict[str, list[str]] = {}
        for instance in snapshot.instances:
            if (place := owner(instance)) in self.parts.keys() & self.addresses:
                found.setdefault(place, [])
                if instance.mode == "managed" and self.parts[place].has(instance.address):
                    found[place].append(instance.address)
        return found


def strays(ir: IR, addresses: Iterable[str]) -> frozenset[str]:
    """Instances that a run is not about, although their resource is in it."""
    if not ir.parts:
        return frozenset()
    return frozenset(a for a in addresses if (base := bare(a)) in ir.parts and not ir.parts[base].has(a))


def check(names: Patterns, selection: Selection, replaced: Iterable[str]) -> None:
    """Raise NivisError for a pattern that matches nothing, unless a pending group may bring it."""
    if names.ir.groups:
        return
    given = [("--target", selection.targets), ("--exclude", selection.excludes), ("--replace", replaced)]
    found = [(flag, pattern) for flag, patterns in given for pattern in names.missing(patterns)]
    if found:
        raise NivisError(*(names.nothing(flag, pattern) for flag, pattern in found))


class Patterns:
    """What a user may call things: ids, addresses, names of groups; also of what only the state still has."""

    def __init__(self, ir: IR, snapshot: Snapshot, known: Mapping[str, str]) -> None:
        self.ir = ir
        former = {old: r.id for a, r in ir.by_address.items() for old in ir.moved.get(a, ())}
        declared = {*ir.by_address, *former, *ir.foreign}
        gone = snapshot.addresses - declared
        names = Names.of(ir, snapshot, known)
        self.orphans = {names.id_of(a): a for a in gone}
        """id -> address of what the configuration no longer has."""
        self.ids = {**{i: i for i in ir.resources}, **{r.address: r.id for r in ir.resources.values()}}
        self.ids |= former
        self.ids |= {group.name: group.name for group in ir.groups}
        self.ids |= {i: i for i in self.orphans} | {a: i for i, a in self.orphans.items()}
        self.ids |= {name: name for name in ir.foreign_objects}
        self.members: dict[str, set[str]] = {}
        """Name of a group that is known -> its members."""
        for resource in ir.resources.values():
            for group in resource.groups:
                self.members.setdefault(group, set()).add(resource.id)

    def address(self, id_: str) -> str:
        found = self.ir.resources.get(id_)
        return found.address if found else self.orphans.get(id_, id_)

    def by_id(self, edges: Mapping[str, set[str]]) -> dict[str, set[str]]:
        """Edges between addresses as edges between ids."""
        return {self.ids.get(a, a): {self.ids.get(t, t) for t in targets} for a, targets in edges.items()}

    def matching(self, patterns: Iterable[str], *, whole: bool = False) -> set[str]:
        """The ids that the patterns mean; `whole`: not those of which only instances are meant."""
        found = set()
        for pattern in map(self.full, patterns):
            hit = {i for name, i in self.ids.items() if matches(pattern, name)}
            hit |= {i for name, ids in self.members.items() if matches(pattern, name) for i in ids}
            found |= hit or ({i for i, _ in self._instances(pattern)} if not whole else set())
        return found

    def instances_of(self, patterns: Iterable[str]) -> dict[str, list[str]]:
        """Id -> globs of engine addresses, for patterns that mean instances of a resource or parts of a module."""
        found: dict[str, list[str]] = {}
        for pattern in map(self.full, patterns):
            if not self.matching([pattern], whole=True):
                for i, address in self._instances(pattern):
                    found.setdefault(i, []).append(address)
        return found

    def missing(self, patterns: Iterable[str]) -> list[str]:
        return [p for p in patterns if not self.matching([p])]

    def instances(self, patterns: Iterable[str]) -> list[str]:
        """Addresses that patterns mean, instances and parts of modules included."""
        found: dict[str, None] = {}
        for pattern in map(self.full, patterns):
            hit = [self.address(i) for i in sorted(self.matching([pattern], whole=True))]
            found.update(dict.fromkeys(hit or [a for _, a in self._instances(pattern)]))
        return list(found)

    def full(self, pattern: str) -> str:
        """A unique end of a name as the whole name, with the instance key behind it."""
        base, key = split_key(pattern)
        if set(base) & set("*?") or base in self.ids or base in self.members or self._instances(pattern):
            return pattern
        found = typed(base, self.ids)
        return pattern if found is None else found + key

    def _instances(self, text: str) -> list[tuple[str, str]]:
        """(id, engine address) of a name with more behind it: `aws.aws_vpc.v["a"]`, `module.net.aws_vpc.v`."""
        for name, rest in beginnings(text):
            if rest and name in self.ids:
                address = self.address(self.ids[name])
                if rest.startswith("[") or address.startswith("module."):
                    return [(self.ids[name], address + rest)]
        return []

    def nothing(self, flag: str, pattern: str) -> Diagnostic:
        hint = nearest_hint(pattern, sorted(set(self.ids.values())), "`nivis plan --all`")
        return Diagnostic(f"{flag} names nothing", f"No resource is called `{pattern}`.", hint)


def _part(ir: IR, kept: set[str], orphans: Mapping[str, str], parts: Mapping[str, Part]) -> IR:
    """The IR without what is not in `kept`, and without what refers to that.

    Of a joined root module nothing is taken out; what is not selected of it is excluded only.
    """
    out = {r.id for r in ir.resources.values() if r.id not in kept}
    addresses = {ir.resources[i].address: i for i in out}
    unselected = {**orphans, **addresses, **{old: i for a, i in addresses.items() for old in ir.moved.get(a, ())}}
    unselected |= {name: name for name in ir.foreign_objects - kept}

    def here(value: Value) -> bool:
        return not any(r.resource in out for r in references(value))

    def configured(provider: Provider) -> Provider:
        """A provider that only what is left out can use has nothing to be configured with."""
        return provider if here(dict(provider.config)) else replace(provider, config={})

    extra: dict[str, Value] = {}
    for kind, body in ir.extra.items():
        if isinstance(body, list):
            extra[kind] = [e for e in body if here(e) and not _about(ir, e, addresses)]
        elif kind in ("moved", "import", "removed"):
            if here(body) and not _about(ir, body, addresses):
                extra[kind] = body
        else:
            extra[kind] = {k: v for k, v in body.items() if here(v)} if isinstance(body, dict) else body
    return replace(
        ir,
        providers={k: configured(p) for k, p in ir.providers.items()},
        resources={i: r for i, r in ir.resources.items() if i in kept},
        outputs={n: o for n, o in ir.outputs.items() if here(o.value)},
        groups=tuple(g for g in ir.groups if g.name in kept),
        extra=extra,
        unselected=unselected,
        parts=parts,
    )


def _about(ir: IR, entry: Value, addresses: Mapping[str, str]) -> bool:
    """Is a `moved`, `import` or `removed` entry about something that is left out?"""
    if not isinstance(entry, dict) or "to" not in entry:
        return False
    return bare(ir.address_of(entry["to"])) in addresses
