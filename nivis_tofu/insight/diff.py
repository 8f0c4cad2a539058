"""Two IRs -> what differs between them, object by object. Pure; no engine is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nivis_tofu.core.outcome import Line
from nivis_tofu.ir.attributes import Reader
from nivis_tofu.ir.ledger import Ledger, Taint
from nivis_tofu.ir.model import IR, Resource
from nivis_tofu.ir.values import Build, Derived, Expr, Ref, Value
from nivis_tofu.tofu.documents import Change

Objects = dict[str, tuple[str, dict[str, Any], Any]]
"""Name -> type, values as JSON, mask of what is secret in them."""

_EMPTY: tuple[Value, ...] = (None, [], {})


def compare(old: IR, new: IR, ledger: Ledger, redact: Callable[[str], str]) -> tuple[Line, ...]:
    """Everything that was added, removed or changed; resources first, in the order of the new IR."""
    before, after = objects(old, Taint(ledger, old)), objects(new, Taint(ledger, new))
    return tuple(line for name in {**after, **before} if (line := _line(name, before, after, redact)))


def _line(name: str, before: Objects, after: Objects, redact: Callable[[str], str]) -> Line | None:
    kind, old, old_mask = before.get(name, ("", None, False))
    new_kind, new, new_mask = after.get(name, (kind, None, False))
    action = "create" if old is None else "delete" if new is None else "update"
    change = Change((action,), old, new, before_sensitive=old_mask, after_sensitive=new_mask)
    found = Reader(redact=redact).changes(change)
    if action == "update" and not found and kind == new_kind:
        return None
    note = f"was {kind}" if action == "update" and kind != new_kind else ""
    return Line(action, name, new_kind or kind, attributes=found, note=note)


def objects(ir: IR, taint: Taint) -> Objects:
    """Resources, groups, provider configurations, outputs, backend and extra blocks by name."""
    found: Objects = {}

    def put(name: str, kind: str, values: Mapping[str, Value]) -> None:
        found[name] = (kind, *_plain(dict(values), taint))

    for resource in ir.resources.values():
        put(resource.id, resource.type or "module", {**resource.config, **_beside(resource)})
    for group in ir.groups:
        put(f"? {group.name}", "group", {"waits_for": list(group.refs)})
    for key, provider in ir.providers.items():
        put(f"provider.{key}", "provider", {"source": provider.source, "version": provider.version, **provider.config})
    for name, output in ir.outputs.items():
        kind, values, mask = "output", *_plain({"value": output.value}, taint)
        found[f"output.{name}"] = (kind, values, {"value": True} if output.sensitive else mask)
    if ir.backend is not None:
        put("backend", "backend", ir.backend)
    for name, block in ir.extra.items():
        put(f"extra.{name}", "extra", block if isinstance(block, dict) else {"": block})
    return found


def _beside(resource: Resource) -> dict[str, Value]:
    """What an object says of itself besides its arguments."""
    meta = resource.meta
    ignored: Value = "all" if meta.ignore_changes == "all" else list(meta.ignore_changes)
    wishes: dict[str, Value] = {
        "dependsOn": list(meta.depends_on),
        "preventDestroy": meta.prevent_destroy or None,
        "createBeforeDestroy": meta.create_before_destroy or None,
        "ignoreChanges": ignored,
        "replaceTriggeredBy": list(meta.replace_triggered_by),
        **meta.other,
    }
    named: dict[str, Value] = {
        "tofuName": resource.tofu_name if resource.tofu_name != resource.name else None,
        "source": resource.source or None,
        "version": resource.version or None,
        "providers": dict(resource.module_providers),
        "meta" if "meta" not in resource.config else "(meta)": {k: v for k, v in wishes.items() if v not in _EMPTY},
    }
    return {k: v for k, v in named.items() if v not in _EMPTY}


def _plain(value: Value, taint: Taint) -> tuple[Any, Any]:
    """(JSON, mask of secrets); what is no data is written as the engine would: `${…}`."""
    match value:
        case dict():
            pairs = {k: _plain(v, taint) for k, v in value.items()}
            return {k: v for k, (v, _) in pairs.items()}, {k: m for k, (_, m) in pairs.items() if m}
        case list():
            items = [_plain(v, taint) for v in value]
            return [v for v, _ in items], [m for _, m in items]
        case Ref():
            return f"${{{value}}}", False
        case Derived() if value.pending:
            return f"${{computed by Nix from {', '.join(map(str, value.refs))}}}", False
        case Derived():
            inner, _ = _plain(value.value, taint)  # type: ignore[arg-type]  # not pending
            return inner, taint(value)
        case Expr():
            parts = [_plain(p, taint) if not isinstance(p, str) else (p, False) for p in value.parts]
            return "".join(str(v) for v, _ in parts), any(m for _, m in parts)
        case Build():
            return value.path, False
        case str():
            return value.replace("${", "$${"), False
        case _:
            return value, False
