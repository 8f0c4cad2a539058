"""Secret derived values taken apart."""

from __future__ import annotations

import pytest

from nivis_tofu.core.errors import IRError
from nivis_tofu.ir.values import PENDING, Derived, Expr, Ref
from nivis_tofu.render.secret_parts import has_leaves, sealed, whole

A, B = Ref("p.t.a", ("id",)), Ref("p.t.b", ("id",))


def secret(value: object, *refs: Ref) -> Derived:
    return Derived(refs, value, sensitive=True)  # type: ignore[arg-type]  # literals


def test_what_is_inside_is_as_secret_as_the_whole() -> None:
    outer = secret({"x": [Derived((B,), "plain"), 1]}, A)
    assert whole(outer) == secret({"x": ["plain", 1]}, A, B)


def test_what_waits_stays_closed() -> None:
    outer = secret({"x": Derived((B,), PENDING)}, A)
    assert whole(outer) is outer


def test_an_expression_may_have_the_secret_as_a_part_only() -> None:
    part = Expr(("", secret("s", A), ""))
    assert whole(secret(part, A)).value == Expr(("", secret("s", A), ""))
    with pytest.raises(IRError, match="A native template made from a secret"):
        whole(secret(Expr(("s ", A)), A))


def test_references_stay_and_the_rest_is_sealed() -> None:
    assert sealed({"a": [A, "s"], "b": {"c": 1}}) == {"a": [A, secret("s")], "b": secret({"c": 1})}
    assert sealed("s") == secret("s")
    assert sealed(A) == A


def test_leaves_are_found_at_any_depth() -> None:
    assert has_leaves({"a": [{"b": A}]})
    assert not has_leaves({"a": [{"b": "__ref"}]})
