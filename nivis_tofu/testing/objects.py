"""What an object has after its apply, or as far as its plan tells: configured, fixed by the test, or made up. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nivis_tofu.core.immutable import immutable
from nivis_tofu.ir.schema import AttributeSchema, BlockSchema, Nested
from nivis_tofu.ir.types import Type
from nivis_tofu.ir.values import Path
from nivis_tofu.testing.computed import OPAQUE, UNKNOWN, filled, holds
from nivis_tofu.testing.invent import Inventor, Needs

BUILT_IN = "terraform_data"
Attributes = dict[str, Any]


@immutable
class Maker:
    """Makes the objects of one play. `fixed`: id -> attributes that the test fixes."""

    invent: Inventor
    fixed: Mapping[str, Mapping[str, Any]]

    def planned(self, id_: str, config: Mapping[str, Any], schema: BlockSchema | None) -> Attributes:
        """The configured attributes; what only the apply tells is UNKNOWN in them."""
        fixed = {name: value for name, value in self.fixed.get(id_, {}).items() if name in config}
        found = {**self.configured(id_, config, schema), **fixed}
        # A provider computes what is configured as null.
        late = (name for name, value in found.items() if value is None and _is_computed(schema, name))
        return {**found, **dict.fromkeys(late, UNKNOWN)}

    def made(
        self,
        id_: str,
        type_: str,
        config: Mapping[str, Any],
        schema: BlockSchema | None,
        needs: Mapping[str, Needs],
        anew: int = 0,
    ) -> Attributes:
        """All attributes. `needs`: what is referred to; `anew`: how often it has been replaced."""
        given = {**self.configured(id_, config, schema), **self.fixed.get(id_, {})}
        place: Path = (id_, *(("anew", anew) if anew else ()))
        if type_ == BUILT_IN:
            # The engine's own: what goes in comes out.
            data = {"input": None, "output": given.get("input"), "triggers_replace": None}
            return {"id": self.invent.text((*place, "id")), **data, **given}
        if schema is None:
            wanted = dict.fromkeys(("id", *needs))
            return {**{name: self.invent.value(None, (*place, name), needs.get(name, ())) for name in wanted}, **given}
        return self._body(schema, given, place, needs)

    def configured(self, id_: str, config: Mapping[str, Any], schema: BlockSchema | None) -> Attributes:
        """Arguments as they were written; what the engine computes in them is made up."""
        return {name: self._argument((id_, name), value, schema) for name, value in config.items()}

    def _argument(self, place: Path, value: Any, schema: BlockSchema | None) -> Any:
        if value is OPAQUE:
            attribute = schema.attributes.get(str(place[-1])) if schema else None
            return self.invent.value(attribute.type if attribute else "string", place)
        return filled(value, OPAQUE, lambda: self.invent.text(place))

    def _body(
        self, schema: BlockSchema, given: Mapping[str, Any], place: Path, needs: Mapping[str, Needs]
    ) -> Attributes:
        """A whole block: what is given, and what a provider makes of the rest."""
        found = dict(given)
        for name, attribute in schema.attributes.items():
            if found.get(name) is None:
                found[name] = self._computed(attribute, (*place, name), needs.get(name, ()))
        for name, nested in schema.blocks.items():
            found[name] = self._blocks(nested, given[name], (*place, name)) if name in given else _without(nested)
        return found

    def _computed(self, attribute: AttributeSchema, place: Path, needs: Needs) -> Any:
        """Null where nobody configured anything and the provider computes nothing."""
        return self.invent.value(_type(attribute), place, needs) if attribute.computed else None

    def _blocks(self, nested: Nested, value: Any, place: Path) -> Any:
        if isinstance(value, list):
            return [self._blocks(nested, item, (*place, i)) for i, item in enumerate(value)]
        return nested.mapped(value, lambda one: self._body(nested.block, one, place, {}))


def at_plan(type_: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Attributes:
    """What a plan tells of an object: `after` is what is configured, `before` all that it has, if it is there."""
    if before is None:
        return dict(after)
    if type_ != BUILT_IN:
        return {**before, **after}
    found = {**before, "input": None, "triggers_replace": None, **after}
    if replaces(type_, before, found):
        return {**found, "id": UNKNOWN, "output": UNKNOWN}
    return found if found["input"] == before["input"] else {**found, "output": UNKNOWN}


def replaces(type_: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a change makes the object anew; of providers' resources nobody knows it here."""
    return type_ == BUILT_IN and before.get("triggers_replace") != after.get("triggers_replace")


def shown(value: Any) -> Any:
    """A partly known value for the ledger: null where only the apply tells."""
    return filled(value, UNKNOWN, lambda: None)


def is_known(value: Any) -> bool:
    return not holds(value, UNKNOWN)


def _without(nested: Nested) -> Any:
    """The value of blocks of which there is none."""
    return {} if nested.nesting == "map" else [] if nested.is_repeated else None


def _is_computed(schema: BlockSchema | None, name: str) -> bool:
    return schema is not None and name in schema.attributes and schema.attributes[name].computed


def _type(attribute: AttributeSchema) -> Type:
    """The type of an attribute, also of one that says what is nested in it instead."""
    if attribute.nested is None:
        return attribute.type
    inner = ["object", {name: _type(inside) for name, inside in attribute.nested.block.attributes.items()}]
    return inner if attribute.nested.nesting in ("single", "group") else [attribute.nested.nesting, inner]
