"""A saved plan as lines: things have the names that the plan printed them under."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nivis_tofu.run import seal
from nivis_tofu.run.decide.announce import Announced
from nivis_tofu.run.plan_view import extension, preview
from nivis_tofu.run.sidecar import Sidecar, deferred_change, digest, find
from nivis_tofu.tofu.documents import Change, PlanChange, PlanDocument, StateDocument
from tests.support.situation import SOURCE


def change(address: str, action: str, previous: str = "") -> PlanChange:
    kind = address.split(".")[-2] if "[" not in address else address.split(".")[0]
    actions = ("delete", "create") if action == "replace" else (action,)
    return PlanChange(actions, address=address, type=kind, provider=f"{SOURCE}p", previous_address=previous)


def plan(*changes: PlanChange) -> PlanDocument:
    return PlanDocument(changes, (), {}, StateDocument())


CHANGES = (
    change("t.new", "create"),
    change('t.many["x.y"]', "update"),
    change("t.joined", "create"),
    change("module.net.t.x[0]", "create"),
    change("t.odd_x2e_name", "delete"),
    change("t.to", "no-op", "t.from"),
)


def sidecar(**ids: str) -> Sidecar:
    return Sidecar("", "", "", "", 1, whole=True, announced=Announced(), ids=ids)


def test_names_are_those_of_the_sidecar_then_of_the_last_run_then_guesses() -> None:
    beside = sidecar(**{"t.new": "eu.t.new", "t.joined": "t.joined", "module.net": "module.net"})
    found = preview(plan(*CHANGES), {"t.many": "q.t.many", "t.new": "stale", "t.from": "q.t.from"}, beside)
    assert [(x.action, x.id, x.previous) for x in found.lines] == [
        ("create", "eu.t.new", ""),
        ("update", 'q.t.many["x.y"]', ""),
        ("create", "t.joined", ""),
        ("create", "module.net.t.x[0]", ""),
        ("delete", "p.t.odd.name", ""),
        ("move", "p.t.to", "q.t.from"),
    ]


def test_a_plan_of_the_engine_alone() -> None:
    found = preview(plan(CHANGES[0]), {}, None)
    assert [x.id for x in found.lines] == ["p.t.new"]
    assert extension(None) == {"deferred_changes": [], "complete": True}


def test_a_saved_plan_with_its_sidecar(tmp_path: Path) -> None:
    changes = (
        PlanChange(("no-op",), address="a_b.moved", type="a_b", previous_address="a_b.old", provider="r/x/a"),
        PlanChange(("delete", "create"), address='a_b.many["k"]', type="a_b", provider="r/x/a"),
        PlanChange(("delete",), address="a_b.many", deposed="abc"),
    )
    made = PlanDocument(changes, (), {"o": Change(("update",))}, StateDocument())
    file = tmp_path / "p.tfplan"
    file.write_text("a plan")
    assert find(file) is None
    assert extension(None) == {"deferred_changes": [], "complete": True}
    later = deferred_change({"action": "create", "id": "x.y.z"}, "y.z", "r/x/x", "pending")
    announced = Announced({"y.z": "create"}, frozenset({"y.q"}), strict=True, groups=True)
    beside = Sidecar(digest(file), seal.seal("ir"), "f", "l", 3, False, announced, (later,))
    beside = replace(beside, variables={"v": [1, "x"]}, sealed={"pw": seal.seal("pw")})
    beside.write(file)
    assert find(file) == beside
    assert extension(beside) == {"deferred_changes": [later], "complete": False}
    found = preview(made, {"a_b.many": "a.a_b.many"}, beside)
    assert [(x.action, x.id) for x in found.lines] == [
        ("move", "a.a_b.moved"),
        ("replace", 'a.a_b.many["k"]'),
        ("create", "x.y.z"),
    ]
    assert found.outputs == (("o", "update"),)
    assert found.pending


@pytest.mark.parametrize(("beside", "told"), [("create", "replace"), ("update", "update"), ("no-op", "update")])
def test_an_old_object_that_goes_is_told(beside: str, told: str) -> None:
    changes = (PlanChange((beside,), address="a_b.x"), PlanChange(("delete",), address="a_b.x", deposed="abc"))
    found = preview(PlanDocument(changes, (), {}, StateDocument()), {}, None)
    assert [(x.action, x.note, x.phase) for x in found.lines] == [(told, "an old object of it is removed", 1)]
