"""Where a run stands: names, and what an apply makes of it."""

from __future__ import annotations

from nivis_tofu.ir.ledger import Object
from nivis_tofu.run.decide.position import Position, read
from tests.support.situation import at, ir, moved, pending, ref, res, state, thing

A = res("a")


def test_objects_have_the_ids_of_the_configuration() -> None:
    found = read(
        state("a", "gone", thing("many[0]")), ir(A, res("x.t.many")), {"t.gone": "y.t.gone", "t.old": "p.t.old"}
    )
    assert found.ledger.objects.keys() == {"p.t.a", "y.t.gone"}
    assert found.names.id_of("t.many[0]") == "x.t.many[0]"


def test_without_one_those_of_the_last_run() -> None:
    found = read(state("a", "gone"), None, {"t.gone": "y.t.gone"})
    assert found.ledger.objects.keys() == {"p.t.a", "y.t.gone"}
    assert found.names.id_of("t.gone") == "y.t.gone"


def test_a_rename_takes_the_outputs_along() -> None:
    found = read(state("old"), ir(res("new"), extra=moved("t.new", "t.old")), {})
    assert found.ledger.lookup(ref("new")) == (True, "id-old")


def test_after_an_apply() -> None:
    before = at(ir(A, res("b", pending("a"))), state(), phase=2, refreshed=frozenset({"t.x"}), stuck=True)
    after = before.harvested(state("a", serial=2), frozenset({"t.a"}))
    assert (after.phase, after.evaluation, after.stuck) == (3, None, False)
    assert after.refreshed == {"t.x", "t.a"}
    assert after.replaced == {"t.a"}
    assert after.ledger.objects["p.t.a"] == Object("t.a", "registry.opentofu.org/x/p", {"id": "id-a"})
    assert before.ledger.objects == {}


def test_the_whole_configuration() -> None:
    full = ir(A, res("b"))
    position = at(ir(A), full=full)
    assert position.whole.ir is full
    assert position.ir is not full
    assert Position().with_(phase=4).phase == 4
