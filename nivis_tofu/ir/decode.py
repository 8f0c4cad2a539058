"""JSON -> IR, strict: every problem is found and named, all are reported at once."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Literal

from nivis_tofu.core.diagnostics import Diagnostic, Position
from nivis_tofu.core.errors import IRError
from nivis_tofu.ir import consistency
from nivis_tofu.ir.decode_meta import MetaDecoder
from nivis_tofu.ir.decode_values import by_stack, kind
from nivis_tofu.ir.model import IR, SCHEMA_VERSION, Group, Output, Provider, Resource
from nivis_tofu.ir.values import STACK, Value

_TOP = {
    "schemaVersion", "providers", "resources", "edges", "nixConsumers",
    "dataSources", "modules", "outputs", "backend", "extra", "pending", "groups", "rootModule", "positions",
    "settings", "noLedger", "singleBlocks",
}  # fmt: skip
_COMMENT = "_comment"
"""For people; the older nivis allowed it wherever it read."""
EXTRA = frozenset({"moved", "import", "removed", "check", "variable", "locals", "terraform", "ephemeral"})
"""Blocks that pass through."""
_RESERVED = {
    "managed": {"provider", "depends_on", "lifecycle"},
    "data": {"provider", "depends_on", "lifecycle"},
    "module": {"source", "version", "providers", "depends_on"},
}
_ANY = {"id", "name", "config", "meta", "tofuName", "given", "groups", "pos", _COMMENT}
_RESOURCE = _ANY | {"provider", "type"}
_MODULE = _ANY | {"source", "version", "providers"}


def decode(data: Any) -> IR:
    """Decode one IR document. Raises IRError with every problem found."""
    try:
        return _Decoder().document(data)
    except RecursionError:
        why = "A value in the configuration has more levels than nivis can follow."
        raise IRError.of("Nested too deeply", why, "A JSON text counts as one level.") from None


class _Decoder(MetaDecoder):
    def __init__(self) -> None:
        super().__init__()
        self.places: dict[str, dict[str, Position]] = {}
        self.known: dict[tuple[str, int, int], Position] = {}
        self.shared: dict[tuple[object, ...], dict[str, Position]] = {}

    def check(self) -> None:
        """Raise IRError with all problems found, each with the place where its owner is written."""
        self.problems = list(map(self._placed, self.problems))
        super().check()

    def _placed(self, problem: Diagnostic) -> Diagnostic:
        places = self.places.get(problem.address, {})
        attribute = problem.attribute if problem.attribute in places else ""
        return replace(problem, attribute=attribute, position=places.get(attribute))

    def document(self, data: Any) -> IR:
        if not isinstance(data, dict):
            raise IRError.of(
                "The plan is not an IR",
                f"`nivis.plan` returned {kind(data)} where an attribute set from `lib.toIR` is expected.",
                "Return `lib.toIR { providers = …; resources = […]; inherit ledger; }`.",
            )
        version = data.get("schemaVersion")
        if version != SCHEMA_VERSION or isinstance(version, bool):
            newer = isinstance(version, int) and version > SCHEMA_VERSION
            raise IRError.of(
                "Unsupported IR version",
                f"The IR says schemaVersion = {version!r}; this nivis reads version {SCHEMA_VERSION}.",
                "Upgrade nivis, or use the library that belongs to it (`--lib bundled`)."
                if newer
                else "Return the result of `lib.toIR`.",
            )
        for key in sorted(set(data) - _TOP - {_COMMENT}):
            self.problem(
                "Unknown element in the IR",
                f"The top level of the IR has an element `{key}` that this version does not know; "
                "nothing is dropped silently.",
            )
        entries = [
            (mode, entry)
            for mode, key in (("managed", "resources"), ("data", "dataSources"), ("module", "modules"))
            for entry in self.sequence(data.get(key), key)
        ]
        self.ids = frozenset(str(e.get("id")) for _, e in entries if isinstance(e, dict))
        named = {str(e["id"]): e.get("pos") for _, e in entries if isinstance(e, dict) and "id" in e}
        named |= self.table(data.get("positions"), "positions")
        self.places = {name: self.positions(self.table(pos, f"{name}: pos"), name) for name, pos in named.items()}
        providers = {k: self.provider(k, v) for k, v in self.table(data.get("providers"), "providers").items()}
        resources: dict[str, Resource] = {}
        addresses: dict[str, str] = {}
        taken = {f"{e.get('type')}.{e.get('tofuName') or e.get('name')}" for _, e in entries if isinstance(e, dict)}
        for mode, entry in entries:
            resource = self.resource(mode, entry)  # type: ignore[arg-type]  # the literal of the tuple above
            if resource is None:
                continue
            if resource.id in resources:
                self.problem("Duplicate resource id", f"Two resources have the id `{resource.id}`.",
                             "Give one of them another name.", resource.id)  # fmt: skip
                continue
            other = addresses.setdefault(resource.address, resource.id)
            if other != resource.id:
                self.problem(
                    "Two resources with one engine address",
                    f"`{other}` and `{resource.id}` would both be `{resource.address}` for the engine.",
                    _renamed(resource, {*addresses, *taken}),
                    resource.id,
                )
            resources[resource.id] = resource
        outputs = {k: self.output(k, v) for k, v in self.table(data.get("outputs"), "outputs").items()}
        self.sequence(data.get("nixConsumers"), "nixConsumers")
        edges = [self.ends(e) for e in self.sequence(data.get("edges"), "edges")]
        groups, known = (tuple(self.group(g) for g in self.sequence(data.get(k), k)) for k in ("pending", "groups"))
        backend = data.get("backend")
        if backend is not None and not (isinstance(backend, dict) and isinstance(backend.get("type"), str)):
            self.problem("Malformed backend", "`backend` must be an attribute set with a string `type`.")
            backend = None
        ir = IR(
            providers=providers,
            resources=resources,
            outputs=outputs,
            groups=groups,
            known_groups=known,
            backend=None if backend is None else self.config(backend, "backend"),
            extra=self.blocks(self.table(data.get("extra"), "extra")),
            root_module=self.text(data.get("rootModule"), "rootModule"),
            no_ledger=self.flag(data.get("noLedger"), "noLedger"),
            single_blocks=self.flag(data.get("singleBlocks"), "singleBlocks"),
            settings=self.settings(self.table(data.get("settings"), "settings")),
            positions={name: pos for name, pos in self.places.items() if name not in resources},
        )
        self.check()
        self.problems += consistency.problems(ir)
        self.check()  # what dangles in a value dangles in its edge too
        for edge in edges:
            if not (edge[1:] and edge[1].startswith(STACK)):
                self.problems += consistency.dangling(ir, f"edges: {' -> '.join(edge)}", edge)
        self.check()
        return ir

    def ends(self, edge: Any) -> tuple[str, ...]:
        """The two ids that an edge names."""
        match edge:
            case {"from": str(one), "to": str(other)}:
                return one, other
            case _:
                self.problem("Malformed edge", "An element of `edges` has no `from` and `to` that are ids.")
                return ()

    def group(self, data: Any) -> Group:
        if not isinstance(data, dict) or not isinstance(data.get("name"), str):
            self.problem("Malformed IR", "`pending` must hold groups with a `name` and `refs`.")
            return Group("", ())
        refs = data["refs"] if "refs" in data else self.old_inputs(self.strings(data.get("inputs"), "inputs"))
        own, stacks = by_stack(self.refs(refs, "pending"))
        return Group(data["name"], own, stacks)

    def blocks(self, data: dict[str, Any]) -> Mapping[str, Value]:
        for key in sorted(set(data) - EXTRA):
            self.problem(
                "Unknown block in extra",
                f"`extra.{key}` is not a block that can be passed through ({', '.join(sorted(EXTRA))}).",
                address=f"extra.{key}",
            )
        terraform = self.table(data.get("terraform"), "extra.terraform")
        self.table(terraform.get("required_providers"), "extra.terraform.required_providers")
        return self.config(data, "extra")

    def provider(self, key: str, data: Any) -> Provider:
        if not isinstance(data, dict) or not isinstance(data.get("source"), str) or not data["source"]:
            self.problem(
                "Malformed provider",
                f"The provider `{key}` has no `source` string.",
                'Write `lib.mkProvider { source = "hashicorp/aws"; }`.',
                f"provider.{key}",
            )
            return Provider(key, "", "", {})
        for extra in sorted(set(data) - {"source", "version", "config", "drv", _COMMENT}):
            self.problem("Malformed provider", f"The provider `{key}` has an unknown element `{extra}`.")
        return Provider(
            key,
            data["source"],
            self.text(data.get("version"), f"provider.{key}: version"),
            self.config({} if data.get("config") is None else data["config"], f"provider.{key}"),
            self.text(data.get("drv"), f"provider.{key}: drv"),
        )

    def resource(self, mode: Literal["managed", "data", "module"], data: Any) -> Resource | None:
        allowed = _MODULE if mode == "module" else _RESOURCE
        required = ("id", "name", "source") if mode == "module" else ("id", "provider", "type", "name")
        if not isinstance(data, dict):
            self.problem("Malformed resource", f"A {mode} resource is {kind(data)}, not an attribute set.")
            return None
        rid = str(data.get("id"))
        missing = [k for k in required if not isinstance(data.get(k), str) or not data[k]]
        if missing:
            self.problem("Malformed resource", f"`{rid}`: {', '.join(missing)} must be non-empty strings.", address=rid)
            return None
        for key in sorted(data.keys() - allowed):
            self.problem("Malformed resource", f"`{rid}` has an unknown element `{key}`.", address=rid)
        prefix = {"managed": "", "data": "data.", "module": "module."}[mode]
        expected = (
            f"module.{data['name']}"
            if mode == "module"
            else f"{prefix}{data['provider']}.{data['type']}.{data['name']}"
        )
        if rid != expected:
            self.problem(
                "Malformed resource id",
                f"The {mode if mode != 'managed' else 'managed resource'} `{rid}` must have the id `{expected}`.",
                address=rid,
            )
        return Resource(
            id=rid,
            mode=mode,
            provider=str(data.get("provider") or ""),
            type=str(data.get("type") or ""),
            name=data["name"],
            tofu_name=self.text(data.get("tofuName"), f"{rid}: tofuName") or data["name"],
            config=self.arguments(mode, data.get("config"), rid),
            meta=self.meta(self.table(data.get("meta"), f"{rid}: meta"), rid),
            # What other stacks have is known wherever there are members.
            given=by_stack(self.refs(data.get("given"), rid))[0],
            groups=self.strings(data.get("groups"), f"{rid}: groups"),
            pos=self.places[rid],
            source=str(data.get("source") or ""),
            version=self.text(data.get("version"), f"{rid}: version"),
            module_providers={} if mode != "module" else self.module_providers(data.get("providers"), rid),
        )

    def arguments(self, mode: str, data: Any, rid: str) -> Mapping[str, Value]:
        config = self.config({} if data is None else data, rid)
        for key in sorted(config.keys() & _RESERVED[mode]):
            self.problem(
                "A meta-argument in the configuration",
                f"`{rid}`: config.{key} would stand beside what nivis writes there itself.",
                "Use `meta` (dependsOn, lifecycle), or the arguments of the function that makes the resource.",
                rid,
            )
        return config

    def module_providers(self, data: Any, rid: str) -> dict[str, str]:
        found = self.table(data, f"{rid}: providers")
        if not all(isinstance(key, str) for key in found.values()):
            self.problem("Malformed resource", f"`{rid}`: `providers` must hold keys of `providers`.", address=rid)
            return {}
        return found

    def positions(self, data: dict[str, Any], rid: str) -> dict[str, Position]:
        found = {key: place for key, at in data.items() if (place := self.position(at))}
        if len(found) < len(data):
            self.problem("Malformed resource", f"`{rid}` has a malformed `pos`.", address=rid)
        # What one function makes is written in one place, thousands of times.
        return self.shared.setdefault((*found, *map(id, found.values())), found)

    def position(self, at: Any) -> Position | None:
        """None if it is malformed. What one function of the flake makes has one place in it."""
        if not isinstance(at, dict):
            return None
        file, line, column = at.get("file"), at.get("line"), at.get("column", 1)
        if not (isinstance(file, str) and type(line) is int and type(column) is int):
            return None  # a boolean is no integer here
        place = file, line, column
        return self.known.get(place) or self.known.setdefault(place, Position(file, line, column))

    def output(self, name: str, data: Any) -> Output:
        if not isinstance(data, dict) or "value" not in data:
            self.problem("Malformed output", f"The output `{name}` has no `value`.", address=f"output.{name}")
            return Output(name, None)
        for key in sorted(set(data) - {"value", "sensitive", "description", _COMMENT}):
            self.problem(
                "Malformed output", f"The output `{name}` has an unknown element `{key}`.", "", f"output.{name}"
            )
        return Output(
            name,
            self.value(data["value"], f"output.{name}"),
            self.flag(data.get("sensitive"), f"output.{name}: sensitive"),
            self.text(data.get("description"), f"output.{name}: description"),
        )


def _renamed(resource: Resource, taken: Collection[str]) -> str:
    """The line that gives a resource an address of its own; nobody else has that one."""
    names = (f"{resource.provider}_{resource.name}" + (f"_{n}" if n else "") for n in itertools.count())
    name = next(n for n in names if f"{resource.type}.{n}" not in taken)
    return (
        f'Add `tofuName = "{name}";` to `{resource.id}`, where `name` is. Ids stay as they are: they begin with the '
        "provider, and addresses of the engine do not."
    )
