"""How a value is written in the engine's JSON syntax: strings as data, leaves as expressions, secrets as variables.

Data: a value of the IR and the place it stands in -> JSON, and what is secret of it in a table of variables.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import field, replace
from functools import cached_property
from typing import Any, Protocol

from nivis_tofu.core import json_text, masks
from nivis_tofu.core.errors import IRError
from nivis_tofu.core.immutable import mutable
from nivis_tofu.hcl import quoting
from nivis_tofu.ir.calls import FUNCTION_NAMES
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.ir.values import Build, Call, Derived, Expr, Leaf, Ref, Value
from nivis_tofu.render import expressions, shapes, shared_calls
from nivis_tofu.render import secret_parts as secrecy
from nivis_tofu.render.shared_calls import SharedCalls

LONG, MANY = 2_000, 50
"""Characters, and lines and markers, from which on a text costs the engine more (10 to 20 ms) than a variable."""
_NO_VARIABLES = ("connection", "iterator", "on_failure", "when")
"""Keywords, which are read before there are variables, and a block that may be of a destroy-time provisioner."""


class Taint(Protocol):
    """Says which values are secret; see `ir.ledger.Taint`."""

    def __call__(self, derived: Derived) -> bool: ...

    def value(self, value: Value) -> bool: ...

    def ref(self, ref: Ref) -> bool: ...


class DerivedWriter(Protocol):
    """How a preview writes a derived value: an expression, or None for its literal."""

    def unknown(self, refs: Iterable[Ref]) -> str | None:
        """An unknown expression if the preview lacks something that these refer to, otherwise None."""

    def __call__(self, derived: Derived, literal: Callable[[], str], keep: Callable[[Any, Ref], str]) -> str | None:
        """`keep`: gives what an output was to a sensitive variable; returns how to refer to it."""


def _finds_nothing(text: str) -> bool:
    return False


@mutable
class ValueWriter:
    """Writes the values of one module. Its tables fill while it writes: variable name -> value.

    The engine reads every string as a template, which takes it quadratic time; what a variable is declared with it
    takes as it is. `texts` None: where no variable can stand, long texts stay where they are.
    """

    ir: IR
    taint: Taint
    preview: DerivedWriter | None = None
    secrets: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    """What outputs were, by variable name: as private as secrets, but people may see it."""
    private: dict[str, Any] = field(default_factory=dict)
    """What has a secret in it that nobody has marked, by variable name: the engine gets it without a mark as well."""
    texts: dict[str, str] | None = field(default_factory=dict)
    functions: str = FUNCTION_NAMES[0]
    """Local name of the provider that computes what is called."""
    shared: SharedCalls = field(default_factory=SharedCalls)
    finds_secret: Callable[[str], bool] = _finds_nothing
    """Is there a secret in a text?"""
    computed: bool = False
    """Does it write what Nix has computed from outputs? What the flake itself says is public."""
    no_blocks: bool = False
    """Is all that it writes data? Then any key may be an expression."""

    @cached_property  # it is asked for with each value
    def computing(self) -> ValueWriter:
        """That of values which Nix has computed."""
        return self if self.computed else replace(self, computed=True)

    def inside(self, name: str, value: Value) -> ValueWriter:
        """That of what may be a block, where not all of it takes variables, nor do destroy-time provisioners."""
        literal = name in _NO_VARIABLES or (isinstance(value, dict) and value.get("when") == "destroy")
        return replace(self, texts=None) if literal else self

    def shared_values(self) -> dict[str, str]:
        """Local values that hold what is called for many."""
        return self.shared.locals_(self.functions, self._traversal)

    def body(
        self, config: dict[str, Value], where: str, schema: BlockSchema | None, *, blocks: bool = True
    ) -> dict[str, Any]:
        """`blocks`: may what the schema does not name be one?"""
        if "//" in config:
            raise IRError.of(
                "An attribute that the engine would drop",
                f"`{where}` has an attribute named `//`, which is a comment in the engine's JSON syntax.",
                "Remove it.",
                address=where,
            )
        return {
            quoting.escape(name): self._attribute(name, value, where, schema, blocks) for name, value in config.items()
        }

    def _attribute(self, name: str, value: Value, where: str, schema: BlockSchema | None, blocks: bool) -> Any:
        path = f"{where}.{name}"
        if schema and name in schema.blocks:
            if isinstance(value, Derived) and not value.pending:
                value = shapes.pushed_down(value)
            inner = schema.blocks[name].block
            if isinstance(value, list):
                return [self.body(v, f"{path}[{i}]", inner) if isinstance(v, dict) else self.value(v, path)
                        for i, v in enumerate(value)]  # fmt: skip
            if isinstance(value, dict):
                return self.body(value, path, inner)
        if schema and name in schema.attributes:
            value = shapes.completed(value, schema.attributes[name].type)
            return self.value(value, path, whole=True)
        return (self.inside(name, value) if blocks else self).value(value, path, whole=not blocks)

    def value(self, value: Value, where: str, *, whole: bool = False) -> Any:
        """`whole`: a secret may be one expression, because this is an attribute for certain and no block."""
        if (whole or not isinstance(value, list | dict)) and self._has_secret(value):
            return f"${{{self._apart(value, where)}}}"
        match value:
            case str():
                return quoting.escape(value) if self._short(value) else f"${{{self._text(value, where)}}}"
            case list():
                return [self._part("", item, f"{where}[{i}]", whole) for i, item in enumerate(value)]
            case dict():
                keys = {self._key(k, where, whole): k for k in value}
                return {new: self._part(k, value[k], f"{where}.{new}", whole) for new, k in keys.items()}
            case Ref():
                return f"${{{self._traversal(value)}}}"
            case Derived():
                return self.computing._derived(value, where, whole=whole)
            case Call():
                return f"${{{self._call(value)}}}"
            case Expr():
                return expressions.template(value, lambda part: self._leaf(part, where))
            case Build():
                return quoting.escape(value.path)
            case _:
                return value

    def _derived(self, derived: Derived, where: str, *, whole: bool = False) -> Any:
        secret = self.taint(derived)
        if secret:
            derived = secrecy.whole(derived)
            if whole and not derived.pending and secrecy.has_leaves(derived.value):  # type: ignore[arg-type]  # resolved
                # Marked as the answer of a call is in one plan: all of it, and no part of it by itself.
                text = self._leaf(derived, where)
                one = f"jsondecode(jsonencode({text}))" if isinstance(derived.value, list | dict) else text
                return f"${{sensitive({one})}}"
            # Parts that refer to something stay expressions, and only the others are marked as sensitive.
            match derived.value:
                case list() as items if secrecy.has_leaves(items):
                    parts = [Derived(derived.refs, item, sensitive=True) for item in items]
                    return [self._derived(part, f"{where}[{i}]") for i, part in enumerate(parts)]
                case dict() as fields if secrecy.has_leaves(fields):
                    keys = {self._key(k, where, whole): k for k in fields}
                    named = {new: Derived(derived.refs, fields[k], sensitive=True) for new, k in keys.items()}
                    return {k: self._derived(part, f"{where}.{k}") for k, part in named.items()}
        expression = self._previewed(derived, where)
        if expression is not None:
            return f"${{{expression}}}"
        value: Value = derived.value  # type: ignore[assignment]  # pending ones are not rendered
        if secret and not secrecy.has_leaves(value):
            return f"${{{self._variable(value, where)}}}"
        return self.value(value, where, whole=whole)

    def _part(self, name: str, value: Value, where: str, whole: bool) -> Any:
        return (self if whole else self.inside(name, value)).value(value, where, whole=whole)

    def _key(self, key: str, where: str, whole: bool) -> str:
        """The name of an attribute, or of a block, can be no expression."""
        if (whole or self.no_blocks) and self._has_secret(key):
            return f"${{{self._apart(key, where)}}}"
        return quoting.escape(key)

    def _has_secret(self, value: Value) -> bool:
        """Is it data that Nix has computed, with a secret in it?"""
        if not self.computed or self.texts is None or secrecy.has_leaves(value):
            return False
        return any(map(self.finds_secret, masks.texts(value, keys=True)))

    def _apart(self, value: Any, where: str) -> str:
        return _put(self.private, "nivis_private_", value, where)

    def _previewed(self, derived: Derived, where: str) -> str | None:
        if self.preview is None:
            return None
        return self.preview(derived, lambda: self._literal(derived, where), self._earlier)

    def _variable(self, value: Any, where: str) -> str:
        return _put(self.secrets, "nivis_secret_", value, where)

    def _earlier(self, value: Any, ref: Ref) -> str:
        """What an output was: secret only if it still is, but never in the module."""
        where = f"preview.{ref}"
        return self._variable(value, where) if self.taint.ref(ref) else _put(self.before, "nivis_before_", value, where)

    def _short(self, text: str) -> bool:
        pieces = text.count("\n") + text.count("${") + text.count("%{")
        return self.texts is None or (len(text) < LONG and pieces < MANY)

    def _text(self, text: str, where: str) -> str:
        """A text as an expression."""
        if self._has_secret(text):
            return self._apart(text, where)
        return (
            quoting.quote(text)
            if self.texts is None or self._short(text)
            else _put(self.texts, "nivis_text_", text, where)
        )

    def _literal(self, derived: Derived, where: str) -> str:
        """The JSON text of a resolved value, as an expression of type string."""
        value: Value = derived.value  # type: ignore[assignment]  # resolved ones only
        if not self.taint(derived) and not secrecy.has_leaves(value):
            return self._text(json_text.dumps(value), where)
        return f"jsonencode({self._leaf(derived, where, guard=False)})"

    def _leaf(self, leaf: Leaf, where: str, *, guard: bool = True) -> str:
        """A leaf as an expression."""
        match leaf:
            case Call():
                return self._call(leaf)
            case Ref():
                return self._traversal(leaf)
            case Build():
                return quoting.quote(leaf.path)
            case Expr():
                return expressions.template(leaf, lambda part: self._leaf(part, where), quoted=True)
            case Derived():
                return self.computing._inner(leaf, where, guard=guard)

    def _inner(self, derived: Derived, where: str, *, guard: bool) -> str:
        """A derived value as an expression."""
        if self.taint(derived):
            derived = secrecy.whole(derived)
        if guard and (expression := self._previewed(derived, where)):
            return expression
        value: Value = derived.value  # type: ignore[assignment]  # pending ones are not rendered
        if self.taint(derived):
            if not secrecy.has_leaves(value):
                return self._variable(value, where)
            value = secrecy.sealed(value)
        if self._has_secret(value):
            return self._apart(value, where)
        return expressions.expression(
            value,
            lambda leaf: self._leaf(leaf, where),
            lambda text: self._text(text, where),
            lambda number: self._apart(number, where) if self._has_secret(number) else str(number),
        )

    def _call(self, call: Call) -> str:
        if self.preview and (unknown := self.preview.unknown(call.refs)):
            return unknown
        if (text := self.shared.expression(call)) is None:
            inputs = [self._traversal(ref) for ref in call.refs]
            text = shared_calls.called(self.functions, "eval", call.leaf, inputs)
        # The engine hands a mark of its own on; of ours it knows nothing.
        return f"sensitive({text})" if self.taint.value(call) else text

    def _traversal(self, ref: Ref) -> str:
        target = self.ir.resources[ref.resource]
        text = expressions.traversal(target.address, ref.path)
        # The engine forgets that the output of terraform_data is as secret as its input: tell it.
        forgotten = target.type == "terraform_data" and self.taint.ref(ref)
        return f"sensitive({text})" if ref.sensitive or forgotten else text


def _put(table: dict[str, Any], prefix: str, value: Any, where: str) -> str:
    """Make a value that of a variable, named by the place: the name must tell nothing and stay the same."""
    base = name = prefix + hashlib.sha256(where.encode()).hexdigest()[:12]
    count = 1
    while name in table and not json_text.same(table[name], value):
        count += 1
        name = f"{base}_{count}"
    table[name] = value
    return f"var.{name}"
