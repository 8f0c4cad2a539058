"""One plan, from literals: which values are called, what is known of them, what waits."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError, NixError, NotConverged
from nivis_tofu.core.events import Answered, Event
from nivis_tofu.functions.values import UNKNOWN
from nivis_tofu.ir.ledger import Ledger, Object
from nivis_tofu.ir.model import IR, Settings
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.ir.values import Call, Derived
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.nix.evaluator import Evaluator
from nivis_tofu.nix.flake_digest import FlakeDigest
from nivis_tofu.run.one_plan import OnePlan
from nivis_tofu.tofu.documents import PlanChange
from tests.support.rendering import DATA, data, decode, derived, document, ref

SCHEMA = BlockSchema({"attributes": {"input": {"type": "dynamic"}, "triggers_replace": {"type": "dynamic"}}})
PENDING = {"__derived": {"inputs": [], "refs": [ref("a")]}}
LEDGER = Ledger({f"{DATA}a": Object("terraform_data.a", "p", {"id": "1"})})
LEAF = f"{DATA}b.input"


def plan(tmp_path: Path, **more: Any) -> OnePlan:
    nix = Nix(Path("/nowhere/nix"), ".", "nivis.plan", tmp_path, tmp_path, env=dict(os.environ))
    return OnePlan(nix, **more)


def two(value: Any = PENDING, **more: Any) -> IR:
    return decode(document(data("a", "x"), data("b", value, **more)))


def shape(found: OnePlan, ir: IR, *present: str) -> IR:
    return found.shape(ir, lambda _: SCHEMA, present)


@pytest.mark.parametrize(
    ("wish", "setting", "wanted"),
    [("", None, False), ("", True, True), ("off", True, False), ("on", False, True), ("careful", None, True)],
)
def test_who_decides(tmp_path: Path, wish: Any, setting: bool | None, wanted: bool) -> None:
    ir = IR({}, {}, {}, settings=Settings(one_plan=setting))
    assert plan(tmp_path, wish=wish).wanted(ir) is wanted


def test_what_must_not_be_destroyed_is_planned_with_values(tmp_path: Path) -> None:
    ir = two(meta={"lifecycle": {"preventDestroy": True}})
    assert isinstance(shape(plan(tmp_path), ir).resources[DATA + "b"].config["input"], Call)
    kept = shape(found := plan(tmp_path), ir, "terraform_data.b")
    assert isinstance(kept.resources[DATA + "b"].config["input"], Derived)
    assert list(found.reasons) == [DATA + "b"]


def test_what_an_evaluation_knows_is_answered_without_nix(tmp_path: Path) -> None:
    found, raw = plan(tmp_path), two(derived("net-1", "a"))
    try:
        found.know(raw, shape(found, raw), LEDGER, {"phase": 1})
        assert found.answers(LEAF, ["1"]) == "net-1"
        later = two(derived("net-2", "a"))
        with pytest.raises(NotConverged, match="differently"):
            found.know(later, shape(found, later), LEDGER, {"phase": 2})
        assert "nivis.invalid/nivis/nivis" in found.environment({})["TF_REATTACH_PROVIDERS"]
    finally:
        found.close()


@pytest.mark.parametrize("pending", [True, False])
def test_nix_starts_beside_the_engine_where_it_will_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pending: bool
) -> None:
    started = threading.Event()
    monkeypatch.setattr(Evaluator, "start", lambda _: started.set())
    found, raw = plan(tmp_path), two(PENDING if pending else derived("net-1", "a"))
    try:
        found.know(raw, shape(found, raw), LEDGER, {})
        found.environment({})
        assert started.wait(5 if pending else 0) is pending
        assert found.answers(LEAF, [UNKNOWN]) is UNKNOWN, "the check that the engine begins with"
    finally:
        found.close()


def test_what_nix_may_quote_of_a_secret_is_hidden(tmp_path: Path) -> None:
    hidden: list[str] = []
    found, raw = plan(tmp_path, hide=hidden.extend), two()
    found.secret = lambda call: call.leaf == LEAF
    try:
        found.know(raw, shape(found, raw), LEDGER, {})
        with pytest.raises(NivisError):
            found.answers(LEAF, [{"password": "hunter22"}])
        assert "hunter22" in hidden
    finally:
        found.close()


def test_nothing_is_served_where_nothing_is_called(tmp_path: Path) -> None:
    found = plan(tmp_path)
    raw = two("x")
    found.know(raw, shape(found, raw), LEDGER, {})
    assert found.idle
    assert found.environment({"A": "b"}) == {"A": "b"}
    assert not found.gives_up()


def test_an_error_of_a_call_is_told_as_what_it_is(tmp_path: Path) -> None:
    found, raw = plan(tmp_path), two()
    try:
        found.know(raw, shape(found, raw), LEDGER, {})
        found.answers.failures["`b`: boom\nat x"] = NixError(Diagnostic("Nix says no", "`b`: boom\nat x"), raw="whole")
        told = Diagnostic(
            "Error in function call", 'Call to "eval" failed: `b`: boom at x.', address="terraform_data.b"
        )
        explained = found.explain(told)
        assert explained is not None
        assert (explained.summary, explained.detail) == ("Nix says no", "`b`: boom\nat x\nwhole")
        assert explained.address == "terraform_data.b"
        assert found.explain(Diagnostic("Other", "thing")) is None
        assert not found.gives_up(), "phases would not help"
    finally:
        found.close()


@pytest.mark.parametrize(("other", "waits"), [(False, True), (True, False)])
def test_values_that_turn_out_to_need_a_phase(tmp_path: Path, other: bool, waits: bool) -> None:
    found, raw = plan(tmp_path), two()
    try:
        found.know(raw, shape(found, raw), LEDGER, {})
        assert not found.waits_now()
        found.answers.ask = lambda _: [{"missing": ["c.id"]}]
        with pytest.raises(NivisError, match="A value waits for a phase"):
            found.answers(LEAF, ["1"])
        if other:
            found.answers.failures["else"] = NivisError.of("Else")
        assert found.waits_now() is waits
        assert found.partial is waits
        assert found.phased == {LEAF}
        assert not found.waits_now()
        assert isinstance(shape(found, raw).resources[DATA + "b"].config["input"], Derived)
    finally:
        found.close()


def test_what_is_replaced_for_want_of_a_value(tmp_path: Path) -> None:
    """`c` refers to `b` natively, and `b` is computed."""
    found = plan(tmp_path, wish="careful")
    raw = decode(document(data("a", "x"), data("b", PENDING), data("c", {"__ref": ref("b", "output")}), data("d", "x")))
    ir = shape(found, raw)

    def change(name: str, unknown: Any, action: tuple[str, ...] = ("delete", "create")) -> PlanChange:
        return PlanChange(
            actions=action,
            address=f"terraform_data.{name}",
            after_unknown=unknown,
            replace_paths=(("triggers_replace",),),
        )

    open_ = {"triggers_replace": True}
    changes = [change("c", open_), change("d", open_), change("b", {"id": True}), change("a", open_, ("update",))]
    assert found.doubt(ir, changes)
    assert found.doubtful == {f"{DATA}c": {f"{DATA}b"}}
    assert found.exact == {f"{DATA}b"}
    assert found.doubt(ir, [change("b", {"triggers_replace": {"x": [False, True]}})])
    assert found.doubtful == {f"{DATA}b": {f"{DATA}b"}}
    assert not found.doubt(ir, [])


def test_a_saved_plan_and_the_flake_it_was_made_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [FlakeDigest("letter", "meaning")]
    monkeypatch.setattr("nivis_tofu.nix.flake_digest.of", lambda _: now[0])
    file = tmp_path / "F"
    file.write_bytes(b"plan")
    found, raw = plan(tmp_path), two(derived("net-1", "a"))
    assert found.sealed(file) is None
    later = plan(tmp_path)
    try:
        found.know(raw, shape(found, raw), LEDGER, {})
        sealed = found.sealed(file)
        assert sealed is not None
        later.resume(sealed, file)
        later.know(raw, shape(later, raw), LEDGER, {})
        assert later.fits(sealed)
        assert later.answers(LEAF, ["1"]) == "net-1"
        now[0] = FlakeDigest("other", "meaning")
        assert later.fits(sealed)
        now[0] = FlakeDigest("other", "other")
        assert not later.fits(sealed)
        later.answers.known.clear()
        later.answers.ask = lambda _: [{"value": "net-9"}]
        with pytest.raises(NotConverged, match="differently"):
            later.answers(LEAF, ["1"])
        assert later.answers(LEAF, [UNKNOWN]) == "net-9"
    finally:
        found.close()
        later.close()


@pytest.mark.parametrize("answered", [0, 3])
def test_what_nix_has_answered_is_told_once(tmp_path: Path, answered: int) -> None:
    events: list[Event] = []
    found = plan(tmp_path, tell=events.append)
    found._evaluator = Evaluator(found.nix, {}, answered=answered, began=1.0, ended=2.0)
    found.close()
    found.close()
    assert events == [Answered(3, 1.0, 2.0)] * (answered > 0)
