"""--target and --exclude: which part of a configuration a run is about. Pure: an IR in, a smaller IR out.

What is left out is neither rendered nor touched: it becomes `IR.unselected`, which every phase excludes. So an
engine never sees `-target`, and phases go on as ever for what is left.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from nivis_tofu import graph
from nivis_tofu.diagnostics import Diagnostic
from nivis_tofu.errors import NivisError
from nivis_tofu.ir import IR, Provider, Value, references
from nivis_tofu.ledger import guess_id
from nivis_tofu.state import Snapshot


@dataclass(frozen=True)
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
        if ir.foreign:
            raise NivisError.of(
                "--target and --exclude need the whole configuration in the flake",
                "A part of this one is a joined root module, of which no part can be left out.",
            )
        names = Names(ir, snapshot, known)
        edges = graph.dependencies(ir)
        edges |= {group.name: {r.resource for r in group.refs} for group in ir.groups}
        kept = set(edges) | names.orphans.keys()
        if self.targets:
            kept = graph.closure(names.matching(self.targets), edges)
            if ir.groups and names.missing(self.targets):
                # What is asked for may come to be when a group is known.
                kept |= graph.closure([group.name for group in ir.groups], edges)
        if self.excludes:
            kept -= graph.closure(names.matching(self.excludes), graph.dependents(edges))
        return _part(ir, kept, {a: i for i, a in names.orphans.items() if i not in kept})

    def going(self, ir: IR, snapshot: Snapshot, known: Mapping[str, str]) -> frozenset[str]:
        """Addresses in the state that a destroy is about. What depends on a target goes with it."""
        everything = snapshot.addresses
        if not self:
            return everything
        names = Names(ir, snapshot, known)
        edges = {a: set(found) for a, found in graph.addresses(ir).items()}
        for address, wanted in snapshot.dependencies.items():
            edges.setdefault(address, set()).update(wanted)
        going = set(everything)
        if self.targets:
            hit = {names.address(i) for i in names.matching(self.targets)}
            going &= graph.closure(hit, graph.dependents(edges))
        if self.excludes:
            hit = {names.address(i) for i in names.matching(self.excludes)}
            going -= graph.closure(hit, edges)
        return frozenset(going)


def check(names: Names, selection: Selection, replaced: Iterable[str]) -> None:
    """Refuse what names nothing, unless groups are still to come that may bring it."""
    if names.ir.groups:
        return
    whole = [("--target", p) for p in names.missing(selection.targets)]
    whole += [("--exclude", p) for p in names.missing(selection.excludes)]
    # A replacement may be of one instance, or inside a module.
    parts = [p for p in names.missing(replaced) if names.missing([_owner(p)])]
    if whole or parts:
        found = [*whole, *(("--replace", p) for p in parts)]
        raise NivisError(*(names.nothing(flag, pattern) for flag, pattern in found))


def _owner(text: str) -> str:
    base = text.split("[", 1)[0]
    return ".".join(base.split(".")[:2]) if base.startswith("module.") else base


class Names:
    """What a user may call things: ids, addresses, names of groups; also of what only the state still has."""

    def __init__(self, ir: IR, snapshot: Snapshot, known: Mapping[str, str]) -> None:
        self.ir = ir
        declared = {*ir.by_address, *(ir.moved[a] for a in ir.by_address if a in ir.moved)}
        gone = snapshot.addresses - declared
        self.orphans = {known.get(a) or guess_id(a, snapshot.providers.get(a, "")): a for a in gone}
        """id -> address of what the configuration no longer has."""
        self.ids = {**{i: i for i in ir.resources}, **{r.address: r.id for r in ir.resources.values()}}
        self.ids |= {old: ir.by_address[new].id for new, old in ir.moved.items() if new in ir.by_address}
        self.ids |= {group.name: group.name for group in ir.groups}
        self.ids |= {i: i for i in self.orphans} | {a: i for i, a in self.orphans.items()}

    def address(self, id_: str) -> str:
        found = self.ir.resources.get(id_)
        return found.address if found else self.orphans.get(id_, id_)

    def matching(self, patterns: Iterable[str]) -> set[str]:
        """The ids that the patterns mean."""
        wanted = list(map(_glob, patterns))
        return {i for name, i in self.ids.items() if any(w.fullmatch(name) for w in wanted)}

    def missing(self, patterns: Iterable[str]) -> list[str]:
        return [p for p in patterns if not self.matching([p])]

    def instances(self, patterns: Iterable[str]) -> list[str]:
        """Addresses that patterns mean; here one instance, or a part of a module, can be named by its address."""
        found: dict[str, None] = {}
        for pattern in patterns:
            wanted = _glob(pattern)
            hit = [self.address(i) for name, i in self.ids.items() if wanted.fullmatch(name)]
            found.update(dict.fromkeys(hit or [self._instance(pattern)]))
        return list(found)

    def _instance(self, text: str) -> str:
        """`aws.aws_vpc.v["a"]` -> `aws_vpc.v["a"]`; an address stays as it is."""
        base = text.split("[", 1)[0]
        known = base in self.ids and base in self.ir.resources
        return self.ir.resources[base].address + text[len(base) :] if known else self.ir.address_of(text)

    def nothing(self, flag: str, pattern: str) -> Diagnostic:
        base = pattern.split("[", 1)[0]
        if base != pattern and base in self.ids:
            return Diagnostic(
                f"{flag} takes whole resources",
                f"`{pattern}` is one instance; the others would come with it.",
                f"Name the resource, `{base}`, or declare its instances one by one (lib.mkResources).",
            )
        near = difflib.get_close_matches(pattern, list(self.ids), n=1, cutoff=0.5)
        hint = f"Did you mean `{near[0]}`?" if near else "`nivis plan --all` lists what there is."
        return Diagnostic(f"{flag} names nothing", f"No resource is called `{pattern}`.", hint)


def _glob(pattern: str) -> re.Pattern[str]:
    """`*` and `?` are wild, dots included; brackets are not, since addresses have them."""
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.compile("".join(parts), re.DOTALL)


def _part(ir: IR, kept: set[str], orphans: Mapping[str, str]) -> IR:
    """The IR without what is not in `kept`, and without what refers to that."""
    out = {r.id for r in ir.resources.values() if r.id not in kept}
    addresses = {ir.resources[i].address: i for i in out}
    unselected = {**orphans, **addresses, **{ir.moved[a]: i for a, i in addresses.items() if a in ir.moved}}

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
    )


def _about(ir: IR, entry: Value, addresses: Mapping[str, str]) -> bool:
    """Is a `moved`, `import` or `removed` entry about something that is left out?"""
    if not isinstance(entry, dict) or "to" not in entry:
        return False
    return ir.address_of(entry["to"]).split("[", 1)[0] in addresses
