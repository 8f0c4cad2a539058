"""JSON -> IR, strict: every problem is found and named, all are reported at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from nivis_tofu.diagnostics import Diagnostic, Position
from nivis_tofu.errors import IRError
from nivis_tofu.ir import (
    IR,
    PENDING,
    SCHEMA_VERSION,
    Build,
    Derived,
    Expr,
    Group,
    Meta,
    Output,
    Provider,
    Ref,
    Resource,
    Value,
    references,
)

LEAVES = frozenset({"__ref", "__sensitiveRef", "__derived", "__expr", "__build", "__literal"})
_TOP = {
    "schemaVersion", "providers", "resources", "edges", "nixConsumers",
    "dataSources", "modules", "outputs", "backend", "extra", "pending", "rootModule",
}  # fmt: skip
_RESOURCE = {"id", "provider", "type", "name", "config", "meta", "tofuName", "given", "pos"}
_MODULE = {"id", "name", "source", "version", "config", "providers", "meta", "given", "pos", "tofuName"}
_LIFECYCLE = {"preventDestroy", "createBeforeDestroy", "ignoreChanges", "replaceTriggeredBy"}


def decode(data: Any) -> IR:
    """Decode one IR document. Raises IRError with every problem found."""
    return _Decoder().document(data)


class _Decoder:
    def __init__(self) -> None:
        self.problems: list[Diagnostic] = []
        self.ids: frozenset[str] = frozenset()

    def problem(self, summary: str, detail: str, hint: str = "", address: str = "") -> None:
        self.problems.append(Diagnostic(summary, detail, hint, address=address))

    def check(self) -> None:
        if self.problems:
            raise IRError(*self.problems)

    def document(self, data: Any) -> IR:
        if not isinstance(data, dict):
            raise IRError.of(
                "The plan is not an IR",
                f"`nivis.plan` returned {_kind(data)} where an attribute set from `lib.toIR` is expected.",
                "Return `lib.toIR { providers = …; resources = […]; inherit ledger; }`.",
            )
        version = data.get("schemaVersion")
        if version != SCHEMA_VERSION:
            newer = isinstance(version, int) and version > SCHEMA_VERSION
            raise IRError.of(
                "Unsupported IR version",
                f"The IR says schemaVersion = {version!r}; this nivis reads version {SCHEMA_VERSION}.",
                "Upgrade nivis, or use the library that belongs to it (`--lib bundled`)."
                if newer
                else "Return the result of `lib.toIR`.",
            )
        for key in sorted(set(data) - _TOP):
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
        providers = {k: self.provider(k, v) for k, v in self.table(data.get("providers"), "providers").items()}
        resources: dict[str, Resource] = {}
        addresses: dict[str, str] = {}
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
                    "Set `tofuName` on one of them.",
                    resource.id,
                )
            resources[resource.id] = resource
        outputs = {k: self.output(k, v) for k, v in self.table(data.get("outputs"), "outputs").items()}
        groups = tuple(
            Group(str(g.get("name")), self.refs(g.get("refs") or self.old_inputs(g.get("inputs")), "pending"))
            for g in self.sequence(data.get("pending"), "pending")
            if isinstance(g, dict)
        )
        backend = data.get("backend")
        if backend is not None and not (isinstance(backend, dict) and isinstance(backend.get("type"), str)):
            self.problem("Malformed backend", "`backend` must be an attribute set with a string `type`.")
            backend = None
        ir = IR(
            providers=providers,
            resources=resources,
            outputs=outputs,
            groups=groups,
            backend=None if backend is None else self.config(backend, "backend"),
            extra=self.config(data.get("extra") or {}, "extra"),
            root_module=str(data.get("rootModule") or ""),
        )
        self.check()
        self.cross_check(ir)
        self.check()
        return ir

    def cross_check(self, ir: IR) -> None:
        for resource in ir.resources.values():
            if resource.mode != "module" and resource.provider not in ir.providers:
                known = ", ".join(sorted(ir.providers)) or "none"
                self.problem(
                    "Undeclared provider",
                    f"`{resource.id}` names the provider `{resource.provider}`, which `providers` does not "
                    f"declare (declared: {known}).",
                    f"Add `providers.{resource.provider} = lib.mkProvider {{ source = …; }};`.",
                    resource.id,
                )
            wanted = {r.resource for leaf in resource.leaves for r in references(leaf)} | {
                r.resource for r in resource.given
            }
            self.dangling(ir, resource.id, wanted | set(resource.meta.depends_on))
        for output in ir.outputs.values():
            self.dangling(ir, f"output.{output.name}", {r.resource for r in references(output.value)})
        for provider in ir.providers.values():
            self.dangling(ir, f"provider.{provider.key}", {r.resource for r in references(dict(provider.config))})

    def dangling(self, ir: IR, owner: str, wanted: Iterable[str]) -> None:
        if ir.groups:
            return  # members of a pending whenKnown group are not there yet; the graph holds who names them
        for target in sorted(set(wanted) - set(ir.resources)):
            self.problem(
                "Reference to something that is not declared",
                f"`{owner}` refers to `{target}`, which is not among resources, dataSources or modules.",
                "Add it to `resources` in `lib.toIR`.",
                owner,
            )

    def sequence(self, value: Any, where: str) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list):
            self.problem("Malformed IR", f"`{where}` must be a list, not {_kind(value)}.")
            return []
        return value

    def table(self, value: Any, where: str) -> dict[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.problem("Malformed IR", f"`{where}` must be an attribute set, not {_kind(value)}.")
            return {}
        return value

    def provider(self, key: str, data: Any) -> Provider:
        if not isinstance(data, dict) or not isinstance(data.get("source"), str) or not data["source"]:
            self.problem(
                "Malformed provider",
                f"The provider `{key}` has no `source` string.",
                'Write `lib.mkProvider { source = "hashicorp/aws"; }`.',
            )
            return Provider(key, "", "", {})
        for extra in sorted(set(data) - {"source", "version", "config"}):
            self.problem("Malformed provider", f"The provider `{key}` has an unknown element `{extra}`.")
        return Provider(
            key,
            data["source"],
            str(data.get("version") or ""),
            self.config(data.get("config") or {}, f"provider.{key}"),
        )

    def resource(self, mode: Literal["managed", "data", "module"], data: Any) -> Resource | None:
        allowed = _MODULE if mode == "module" else _RESOURCE
        required = ("id", "name", "source") if mode == "module" else ("id", "provider", "type", "name")
        if not isinstance(data, dict):
            self.problem("Malformed resource", f"A {mode} resource is {_kind(data)}, not an attribute set.")
            return None
        rid = str(data.get("id"))
        missing = [k for k in required if not isinstance(data.get(k), str) or not data[k]]
        if missing:
            self.problem("Malformed resource", f"`{rid}`: {', '.join(missing)} must be non-empty strings.", address=rid)
            return None
        for key in sorted(set(data) - allowed):
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
            tofu_name=str(data.get("tofuName") or data["name"]),
            config=self.config(data.get("config") or {}, rid),
            meta=self.meta(data.get("meta") or {}, rid),
            given=self.refs(data.get("given") or [], rid),
            pos={
                k: Position(str(p["file"]), int(p["line"]), int(p.get("column", 1)))
                for k, p in (data.get("pos") or {}).items()
            },
            source=str(data.get("source") or ""),
            version=str(data.get("version") or ""),
            module_providers=dict(data.get("providers") or {}),
        )

    def meta(self, data: Any, rid: str) -> Meta:
        if not isinstance(data, dict):
            self.problem("Malformed meta", f"`{rid}`: meta must be an attribute set, not {_kind(data)}.", address=rid)
            return Meta()
        cycle = data.get("lifecycle") or {}
        for key in sorted(set(cycle) - _LIFECYCLE):
            self.problem(
                "Unknown lifecycle argument",
                f"`{rid}`: meta.lifecycle.{key} is none of {', '.join(sorted(_LIFECYCLE))}.",
                address=rid,
            )
        ignore = cycle.get("ignoreChanges") or ()
        triggers = tuple(
            v if isinstance(v, str | Ref) else str(v)
            for v in (self.value(t, rid) for t in cycle.get("replaceTriggeredBy") or [])
        )
        return Meta(
            depends_on=tuple(data.get("dependsOn") or ()),
            prevent_destroy=bool(cycle.get("preventDestroy")),
            create_before_destroy=bool(cycle.get("createBeforeDestroy")),
            ignore_changes="all" if ignore == "all" else tuple(ignore),
            replace_triggered_by=triggers,
            other=self.config({k: v for k, v in data.items() if k not in ("dependsOn", "lifecycle")}, rid),
        )

    def output(self, name: str, data: Any) -> Output:
        if not isinstance(data, dict) or "value" not in data:
            self.problem("Malformed output", f"The output `{name}` has no `value`.")
            return Output(name, None)
        return Output(
            name,
            self.value(data["value"], f"output.{name}"),
            bool(data.get("sensitive")),
            str(data.get("description") or ""),
        )

    def config(self, data: Any, where: str) -> Mapping[str, Value]:
        value = self.value(data, where)
        if not isinstance(value, dict):
            self.problem(
                "Malformed configuration",
                f"`{where}`: the configuration must be an attribute set.",
                address=where,
            )
            return {}
        return value

    def value(self, data: Any, where: str) -> Value:
        match data:
            case list():
                return [self.value(item, where) for item in data]
            case dict():
                tags = LEAVES & data.keys()
                if not tags:
                    return self.object(data, where)
                if len(data) != 1:
                    beside = ", ".join(sorted(set(data) - tags)) or "of the same kind"
                    self.problem(
                        "Malformed leaf",
                        f"`{where}`: {', '.join(sorted(tags))} stands beside other keys ({beside}).",
                        address=where,
                    )
                    return None
                return self.leaf(*next(iter(data.items())), where)
            case str():
                return _normal(data)
            case _:
                return data  # type: ignore[no-any-return]  # a JSON scalar

    def object(self, data: dict[str, Any], where: str) -> dict[str, Value]:
        seen: dict[str, str] = {}
        for key in data:
            # The engine would silently make one of two such keys.
            other = seen.setdefault(_normal(key), key)
            if other != key:
                self.problem(
                    "Two map keys that are equal for the engine",
                    f"`{where}` has the keys {other!r} and {key!r}, which are equal after Unicode NFC normalisation.",
                    address=where,
                )
        return {_normal(key): self.value(item, where) for key, item in data.items()}

    def leaf(self, tag: str, body: Any, where: str) -> Value:
        match tag, body:
            case "__literal", dict():
                return self.object(body, where)
            case (("__ref" | "__sensitiveRef"), {"resource": str(), "path": list()}):
                return self.ref(body, where, sensitive=tag == "__sensitiveRef")
            case "__expr", list():
                parts = tuple(p if isinstance(p, str) else self.value(p, where) for p in body)
                if all(isinstance(p, str | Ref | Derived) for p in parts):
                    return Expr(parts)  # type: ignore[arg-type]  # checked in the line above
            case "__build", {"path": str(path)}:
                return Build(path, str(body.get("drv") or ""))
            case "__derived", {"inputs": list(inputs)}:
                refs = self.refs(body["refs"] if "refs" in body else self.old_inputs(inputs), where)
                value = self.value(body["value"], where) if "value" in body else PENDING
                return Derived(refs, value, bool(body.get("sensitive")))
        self.problem("Malformed leaf", f"`{where}` has a malformed `{tag}`.", address=where)
        return None

    def ref(self, body: Any, where: str, *, sensitive: bool = False) -> Ref:
        path = tuple(body.get("path") or ())
        if not all(isinstance(s, str) or (isinstance(s, int) and not isinstance(s, bool)) for s in path):
            self.problem(
                "Malformed leaf",
                f"`{where}`: the path of a reference holds strings and integers only.",
                address=where,
            )
            path = ()
        return Ref(body["resource"], path, sensitive)

    def refs(self, data: Any, where: str) -> tuple[Ref, ...]:
        found = []
        for item in data:
            if isinstance(item, dict) and isinstance(item.get("resource"), str):
                found.append(self.ref(item, where, sensitive=bool(item.get("sensitive"))))
            else:
                self.problem("Malformed leaf", f"`{where}`: {item!r} is not a reference.", address=where)
        return tuple(dict.fromkeys(found))

    def old_inputs(self, inputs: Any) -> list[dict[str, Any]]:
        """`<id>.<attr>` of the older form; ids hold dots, so the longest declared id that fits is meant."""
        found = []
        for text in inputs or []:
            parts = str(text).split(".")
            cut = next((n for n in range(len(parts) - 1, 0, -1) if ".".join(parts[:n]) in self.ids), len(parts) - 1)
            path = [int(p) if p.isdigit() else p for p in parts[cut:]]
            found.append({"resource": ".".join(parts[:cut]), "path": path})
        return found


def _normal(text: str) -> str:
    """NFC, as the engine keeps strings; its `jsondecode` fails on keys that are not."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _kind(value: Any) -> str:
    names = {dict: "an attribute set", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
