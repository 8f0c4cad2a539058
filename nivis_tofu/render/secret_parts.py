"""Secret derived values taken apart: what must not be written down, and what is a reference and may be."""

from __future__ import annotations

from nivis_tofu.core.errors import IRError
from nivis_tofu.ir.values import Derived, Expr, Ref, Value, leaves


def has_leaves(value: Value) -> bool:
    return next(leaves(value), None) is not None


def whole(derived: Derived) -> Derived:
    """A secret value with the derived values inside it replaced by their values, which are as secret."""
    inner = [leaf for leaf in leaves(derived) if isinstance(leaf, Derived)]
    if any(d.pending for d in inner):
        return derived
    refs: dict[Ref, None] = dict.fromkeys(ref for d in inner for ref in d.refs)
    return Derived(tuple(refs), _opened(derived), sensitive=True)


def _opened(value: Value) -> Value:
    match value:
        case list():
            return [_opened(item) for item in value]
        case dict():
            return {key: _opened(item) for key, item in value.items()}
        case Derived():
            return _opened(value.value)  # type: ignore[arg-type]  # resolved, as all inside are
        case Expr():
            if any(isinstance(part, str) and part for part in value.parts):
                # Its text may hold the secret, and the engine takes no template from a variable.
                raise IRError.of(
                    "A native template made from a secret",
                    "A derived value with a secret among its inputs returned `lib.expr` with text of its own, which "
                    "would stand in the generated module in clear.",
                    "Give the secret to `lib.expr` as one of its parts, or return a plain string.",
                )
            return Expr(tuple(whole(p) if isinstance(p, Derived) else p for p in value.parts))
        case _:
            return value


def sealed(value: Value) -> Value:
    """The value with every part that has no leaves turned into a secret of its own."""
    if not has_leaves(value):
        return Derived((), value, sensitive=True)
    match value:
        case list():
            return [sealed(item) for item in value]
        case dict():
            return {key: sealed(item) for key, item in value.items()}
        case _:
            return value
