"""A flake for what a state alone knows, where no `.tf` files are left. Pure.

Data: objects and schemas -> the arguments that somebody must have written (required ones, and optional ones that a
provider does not fill in itself), references recovered where a value is another object's -> flake text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from nivis_tofu.core.immutable import mutable
from nivis_tofu.core.outcome import Line
from nivis_tofu.ir.ledger import Object
from nivis_tofu.ir.schema import AttributeSchema, BlockSchema, Nested
from nivis_tofu.ir.snapshot import Snapshot
from nivis_tofu.nix import syntax
from nivis_tofu.nix.syntax import Raw

_TOLD_BY = ("id", "arn", "name")
"""Attributes that references mean most often, in this order."""
_SHORT = 4
"""A shorter text is equal by chance."""


@mutable
class Guess:
    """`drop`, `add`: (address, attribute) that a plan found wrong or missing."""

    snapshot: Snapshot
    schema: Callable[[Object], BlockSchema | None]
    backend: Mapping[str, Any]
    drop: set[tuple[str, str]] = field(default_factory=set)
    add: set[tuple[str, str]] = field(default_factory=set)
    secrets: dict[str, Any] = field(default_factory=dict)
    """Variable name -> sensitive value, filled while the text is made."""

    @property
    def objects(self) -> dict[str, Object]:
        return {a: o for a, o in sorted(self.snapshot.objects.items()) if not a.startswith(("data.", "module."))}

    @property
    def apart(self) -> list[str]:
        """Addresses for which no flake can be guessed: instances with keys, and objects in modules."""
        return sorted(a for a in self.snapshot.parts if not a.startswith("data."))

    def learn(self, lines: Iterable[Line]) -> bool:
        """Learn from a plan what was guessed wrong; False if it says nothing new."""
        before = len(self.drop), len(self.add)
        for line in lines:
            for attribute in line.attributes:
                key = (line.address, str(attribute.path[0]))
                if attribute.known_after and attribute.computed:
                    continue
                (self.add if attribute.after is None and key not in self.drop else self.drop).add(key)
        return (len(self.drop), len(self.add)) != before

    def text(self) -> str:
        taken = {"vars"}
        names = {a: syntax.variable(a.split(".", 1)[1], taken) for a in self.objects}
        bindings: dict[str, Any] = {names[a]: Raw(self._resource(o, names)) for a, o in self.objects.items()}
        outputs = {n: self._output(o.value, o.sensitive, names) for n, o in sorted(self.snapshot.outputs.items())}
        if self.secrets:
            declared = {n: {"type": "any", "sensitive": True} for n in self.secrets}
            bindings = {"vars": Raw(f"lib.mkVars {syntax.value(declared, 3)} ledger.vars"), **bindings}
        return self._flake(bindings, outputs)

    def providers_only(self) -> str:
        """A flake that declares nothing else yet, which is enough to read the state and ask for schemas."""
        return self._flake({}, {})

    def _flake(self, bindings: Mapping[str, Any], outputs: Mapping[str, Any]) -> str:
        resources = [Raw(name, simple=True) for name in bindings if name != "vars"]
        arguments = {"outputs": outputs, "backend": self.backend}
        return syntax.flake(
            bindings,
            {"providers": self._providers(), "resources": resources, **{k: v for k, v in arguments.items() if v}},
            ["Made from a state: provider settings that the environment does not hold go into `config`."],
        )

    def _providers(self) -> dict[str, Raw]:
        sources = sorted({o.provider for o in self.snapshot.objects.values()})
        return {p.rsplit("/", 1)[-1]: Raw(f"lib.mkProvider {syntax.value({'source': p}, 4)}") for p in sources}

    def _resource(self, found: Object, names: Mapping[str, str]) -> str:
        kind, name = found.address.split(".", 1)
        schema = self.schema(found)
        config = dict(self._written(found, schema, names)) if schema else {}
        arguments = {"provider": found.provider.rsplit("/", 1)[-1], "type": kind, "name": name, "config": config}
        return f"lib.mkResource {syntax.value(arguments, 3)}"

    def _written(self, found: Object, schema: BlockSchema, names: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
        for name, value in sorted(found.attributes.items()):
            key = (found.address, name)
            if key in self.drop or value in (None, "", [], {}):
                continue
            if nested := schema.blocks.get(name):
                if blocks := _blocks(value, nested):
                    yield name, self._referring(blocks, found, names)
            elif key in self.add or _somebodys(schema.attributes.get(name)):
                secret = any(pattern[:1] == (name,) for pattern in found.sensitive)
                yield name, self._secret(found, name, value) if secret else self._referring(value, found, names)

    def _secret(self, found: Object, name: str, value: Any) -> Raw:
        variable = f"{found.address.split('.', 1)[1]}_{name}".replace("-", "_")
        self.secrets[variable] = value
        return Raw(f"vars.{syntax.key(variable)}", simple=True)

    def _referring(self, value: Any, found: Object, names: Mapping[str, str]) -> Any:
        match value:
            case str() if len(value) >= _SHORT:
                others = [self.objects[a] for a in sorted(found.dependencies) if a in self.objects]
                return self._reference(value, others, names) or value
            case list():
                return [self._referring(v, found, names) for v in value]
            case dict():
                return {k: self._referring(v, found, names) for k, v in value.items()}
            case _:
                return value

    def _reference(self, value: Any, others: list[Object], names: Mapping[str, str]) -> Raw | None:
        for other in others:
            known = other.attributes
            for attribute in (*_TOLD_BY, *sorted(known.keys() - set(_TOLD_BY))):
                if known.get(attribute) == value and value not in (None, "", [], {}):
                    return Raw(f"{names[other.address]}.refAttr {syntax.string(attribute)}")
        return None

    def _output(self, value: Any, sensitive: bool, names: Mapping[str, str]) -> Any:
        plain = isinstance(value, bool | int) or (isinstance(value, str) and len(value) < _SHORT)
        found = (None if plain else self._reference(value, list(self.objects.values()), names)) or value
        return {"value": found, "sensitive": True} if sensitive else found


def _somebodys(attribute: AttributeSchema | None) -> bool:
    """Does this argument have its value because somebody wrote it?"""
    if attribute is None or attribute.obsolete:
        return False
    return attribute.required or (attribute.optional and not attribute.computed)


def _blocks(value: Any, nested: Nested) -> Any:
    """Nested blocks with what somebody wrote in them."""
    schema = nested.block

    def inside(body: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for name, item in body.items():
            if item in (None, "", [], {}):
                continue
            if deeper := schema.blocks.get(name):
                if blocks := _blocks(item, deeper):
                    found[name] = blocks
            elif _somebodys(schema.attributes.get(name)):
                found[name] = item
        return found

    kept = nested.mapped(value, inside)
    return [item for item in kept if item] if isinstance(kept, list) else kept
