"""Calls with the same inputs: one for many, in local values."""

from __future__ import annotations

from nivis_tofu.ir.calls import attribute
from nivis_tofu.ir.values import Call, Ref
from nivis_tofu.render import shared_calls
from nivis_tofu.render.shared_calls import SharedCalls

A, B = Ref("a", ("id",)), Ref("b", ("id",))


def call(leaf: str, *refs: Ref, owner: str = "x") -> Call:
    return Call(leaf, ("resource", owner, "config", leaf), refs)


def test_one_call_for_all_with_the_same_inputs() -> None:
    shared = SharedCalls(frozenset({(A,), (B, A)}))
    one, two, three = attribute("x.one"), attribute("x.two"), attribute("y.one")
    assert shared.expression(call("x.one", A)) == f"local.nivis_values_0.{one}"
    assert shared.expression(call("y.one", B, A)) == f"local.nivis_values_1.{three}"
    for _ in range(2):
        assert shared.expression(call("x.two", A)) == f"local.nivis_values_0.{two}"
    assert shared.locals_("nivis", lambda ref: f"t.{ref.resource}.id") == {
        "nivis_values_0": f'${{provider::nivis::values("{one} {two}", [t.a.id])}}',
        "nivis_values_1": f'${{provider::nivis::values("{three}", [t.b.id, t.a.id])}}',
    }


def test_calls_of_their_own() -> None:
    shared = SharedCalls(frozenset({(A,)}))
    assert shared.expression(call("x.one", B)) is None
    assert shared.expression(call("a.one", A, owner="a")) is None, "a condition on what it belongs to"
    assert shared.locals_("nivis", str) == {}


def test_an_answer_has_a_largest_size() -> None:
    shared = SharedCalls(frozenset({(A,)}))
    names = [shared.expression(call(f"x.{n}", A)) for n in range(shared_calls.MOST + 1)]
    assert shared.expression(call(f"x.{shared_calls.MOST}", A)) == names[-1]
    assert str(names[-1]).startswith("local.nivis_values_1.")
    assert len(shared.locals_("nivis", str)) == 2
