"""The values of an IR: JSON -> data and leaves; collects problems instead of stopping at the first."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import IRError
from nivis_tofu.ir.values import PENDING, STACK, Build, Derived, Expr, Ref, Value

LEAVES = frozenset({"__ref", "__sensitiveRef", "__derived", "__expr", "__build", "__literal"})

_DERIVED = {"inputs", "refs", "value", "sensitive", "parts"}


class ValueDecoder:
    """Decodes values and collects what is wrong with them in `problems`."""

    def __init__(self) -> None:
        self.problems: list[Diagnostic] = []
        self.ids: frozenset[str] = frozenset()
        self.same: dict[Ref, Ref] = {}
        """References: many are the same, and then one will do."""

    def problem(self, summary: str, detail: str, hint: str = "", address: str = "", attribute: str = "") -> None:
        self.problems.append(Diagnostic(summary, detail, hint, address=address, attribute=attribute))

    def check(self) -> None:
        if self.problems:
            raise IRError(*self.problems)

    def sequence(self, value: Any, where: str) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list):
            self.problem("Malformed IR", f"`{where}` must be a list, not {kind(value)}.")
            return []
        return value

    def table(self, value: Any, where: str) -> dict[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.problem("Malformed IR", f"`{where}` must be an attribute set, not {kind(value)}.")
            return {}
        return value

    def text(self, value: Any, where: str) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            self.problem("Malformed IR", f"`{where}` must be a string, not {kind(value)}.")
        return str(value or "")

    def flag(self, value: Any, where: str) -> bool:
        if value is not None and not isinstance(value, bool):
            self.problem("Malformed IR", f"`{where}` must be a boolean, not {kind(value)}.")
        return bool(value)

    def strings(self, value: Any, where: str) -> tuple[str, ...]:
        if value is None:
            return ()
        found = self.sequence(value, where)
        if not all(isinstance(item, str) for item in found):
            self.problem("Malformed IR", f"`{where}` must hold strings only.")
        return tuple(str(item) for item in found)

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
            case str():
                return _normal(data)
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
            case _:
                return data  # type: ignore[no-any-return]  # a JSON scalar

    def object(self, data: dict[str, Any], where: str) -> dict[str, Value]:
        if all(map(str.isascii, data)):
            return {key: self.value(item, where) for key, item in data.items()}
        self.distinct(data, where)
        return {_normal(key): self.value(item, where) for key, item in data.items()}

    def distinct(self, keys: Iterable[str], where: str) -> None:
        """The engine would silently make one of two keys that are equal for it."""
        seen: dict[str, str] = {}
        for key in keys:
            other = seen.setdefault(_normal(key), key)
            if other != key:
                self.problem(
                    "Two map keys that are equal for the engine",
                    f"`{where}` has the keys {other!r} and {key!r}, which are equal after Unicode NFC normalisation.",
                    address=where,
                )

    def leaf(self, tag: str, body: Any, where: str) -> Value:
        match tag, body:
            case "__literal", dict():
                return self.object(body, where)
            case (("__ref" | "__sensitiveRef"), {"resource": str(), "path": list(), **other}) if not other:
                return self.ref(body, where, sensitive=tag == "__sensitiveRef")
            case "__expr", list():
                parts = tuple(p if isinstance(p, str) else self.value(p, where) for p in body)
                if all(isinstance(p, str | Ref | Derived) for p in parts):
                    return Expr(parts)  # type: ignore[arg-type]  # checked in the line above
            case "__build", {"path": str(path)} if body.keys() <= {"path", "drv"}:
                return Build(path, self.text(body.get("drv"), f"{where}: drv"))
            case "__derived", {"inputs": list(inputs)} if body.keys() <= _DERIVED:
                old = self.strings(inputs, "inputs")
                refs = self.refs(body["refs"] if "refs" in body else self.old_inputs(old), where)
                value = self.value(body["value"], where) if "value" in body else PENDING
                texts = self.sequence(body.get("parts"), f"{where}: parts")
                secret = self.flag(body.get("sensitive"), f"{where}: sensitive")
                own, stacks = by_stack(refs)
                return Derived(own, value, secret, tuple(self.part(p, where) for p in texts), stacks)
        self.problem("Malformed leaf", f"`{where}` has a malformed `{tag}`.", address=where)
        return None

    def part(self, data: Any, where: str) -> str | Ref | Derived:
        """One part of a text that is not known yet."""
        found = data if isinstance(data, str) else self.value(data, where)
        if isinstance(found, str | Ref | Derived):
            return found
        self.problem("Malformed leaf", f"`{where}`: a part of a text is a string or a leaf.", address=where)
        return ""

    def ref(self, body: Any, where: str, *, sensitive: bool = False) -> Ref:
        path = tuple(self.sequence(body.get("path"), where))
        whole = isinstance(path[0], str) if path else True
        if not whole or not all(isinstance(s, str) or (isinstance(s, int) and not isinstance(s, bool)) for s in path):
            self.problem(
                "Malformed leaf",
                f"`{where}`: the path of a reference holds strings and integers only, first an attribute.",
                address=where,
            )
            path = ()
        found = Ref(body["resource"], path, sensitive)
        return self.same.setdefault(found, found)

    def refs(self, data: Any, where: str) -> tuple[Ref, ...]:
        if not data and (data is None or isinstance(data, list)):
            return ()
        found = []
        for item in self.sequence(data, where):
            if isinstance(item, dict) and isinstance(item.get("resource"), str):
                found.append(self.ref(item, where, sensitive=self.flag(item.get("sensitive"), f"{where}: sensitive")))
            else:
                self.problem("Malformed leaf", f"`{where}`: {item!r} is not a reference.", address=where)
        return tuple(dict.fromkeys(found))

    def old_inputs(self, inputs: Iterable[str]) -> list[dict[str, Any]]:
        """Inputs of the older form, `<id>.<attr>`. Ids contain dots, so the longest declared id that fits is meant."""
        found, most = [], max((i.count(".") + 1 for i in self.ids), default=0)
        for text in inputs:
            parts = text.split(".")
            cuts = range(min(len(parts) - 1, most), 0, -1)
            cut = next((n for n in cuts if ".".join(parts[:n]) in self.ids), len(parts) - 1)
            path = [int(p) if p.isdecimal() and n else p for n, p in enumerate(parts[cut:])]
            found.append({"resource": ".".join(parts[:cut]), "path": path})
        return found


def by_stack(refs: Iterable[Ref]) -> tuple[tuple[Ref, ...], tuple[Ref, ...]]:
    """(references to what this configuration declares, references to outputs of other stacks)."""
    found = tuple(refs)
    return (
        tuple(r for r in found if not r.resource.startswith(STACK)),
        tuple(r for r in found if r.resource.startswith(STACK)),
    )


def _normal(text: str) -> str:
    """NFC, as the engine keeps strings; its `jsondecode` fails on keys that are not."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def kind(value: Any) -> str:
    """The kind of a value in words, such as `a list`."""
    names = {dict: "an attribute set", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
