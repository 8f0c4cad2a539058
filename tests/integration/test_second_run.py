"""Second runs on the real engine: what goes stale, what is held, what is replaced, what stays."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from nivis_tofu.core.errors import IRError, NotConverged
from nivis_tofu.core.events import Event
from nivis_tofu.run.session import Session
from tests.support.lab import Lab

pytestmark = [pytest.mark.engine, pytest.mark.nix]

CHAIN = """
      a = td "a" { input = var.a or "one"; };
      b = td "b" { input = of (a.refAttr "output") (x: "b-${x}"); };
      c = td "c" { input = of (b.refAttr "output") (x: "c-${x}"); };
"""


@pytest.fixture(params=["tofu", "terraform"])
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Lab:
    if request.param == "terraform" and shutil.which("terraform") is None:
        pytest.skip("terraform is not installed")
    return Lab(tmp_path, kind=request.param)


@pytest.fixture
def tofu(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_unchanged_run_is_one_plan_and_no_apply(lab: Lab) -> None:
    lab.write(CHAIN, "resources = [ a b c ];")
    assert lab.apply().ok().result.tally.phases == 3
    again = lab.apply().ok()
    assert (again.loads, again.applies) == (1, 0)


def test_fresh_run_costs_one_apply_and_then_plan_and_apply_for_each_phase(tofu: Lab) -> None:
    tofu.write(CHAIN, "resources = [ a b c ];")
    done = tofu.apply().ok()
    # One more for the schemas, which are asked for once per set of providers.
    assert done.loads == 1 + 1 + 2 + 2
    assert done.applies == 3


def test_change_that_nothing_consumes_is_one_plan_and_one_apply(lab: Lab) -> None:
    let = 'a = td "a" { input = var.a or "one"; }; b = td "b" { input = of (a.refAttr "id") hash; };'
    lab.write(let, "resources = [ a b ];")
    lab.apply().ok()
    lab.write(let + ' c = td "c" { input = "new"; };', "resources = [ a b c ];")
    done = lab.apply().ok()
    assert (done.loads, done.applies, done.words) == (2, 1, {"c": "created"})


def test_stale_value_waits_for_its_source(lab: Lab) -> None:
    lab.write(CHAIN, "resources = [ a b c ];")
    lab.apply().ok()
    ids = {n: o["id"] for n, o in lab.state.items()}
    lab.variables["a"] = "two"
    assert lab.planned() == {"a": "update", "b": "update", "c": "update"}
    done = lab.apply().ok()
    assert done.words == {"a": "updated", "b": "updated", "c": "updated"}
    assert lab.state["c"]["output"] == "c-b-two"
    assert {n: o["id"] for n, o in lab.state.items()} == ids
    assert lab.settled()


def test_value_known_at_plan_costs_no_phase(lab: Lab) -> None:
    lab.write(
        'a = td "a" { input = var.a or "one"; }; b = td "b" { input = of (a.refAttr "input") (x: "b-${x}"); };',
        "resources = [ a b ];",
    )
    assert lab.apply().ok().result.tally.phases == 1
    lab.variables["a"] = "two"
    done = lab.apply().ok()
    assert (done.result.tally.phases, lab.state["b"]["output"]) == (1, "b-two")


def test_derived_value_that_comes_out_equal_costs_its_dependants_nothing(lab: Lab) -> None:
    lab.write(
        """
      a = td "a" { input = var.a or "one"; };
      b = td "b" { input = "fixed"; triggers_replace = of (a.refAttr "output") (x: builtins.stringLength x); };
      c = td "c" { input = b.refAttr "id"; };
""",
        "resources = [ a b c ];",
    )
    lab.apply().ok()
    ids = {n: o["id"] for n, o in lab.state.items()}
    lab.variables["a"] = "two"
    done = lab.apply().ok()
    assert done.words == {"a": "updated"}
    assert {n: o["id"] for n, o in lab.state.items()} == ids


def test_flake_that_reads_the_ledger_directly_never_sees_a_value_vanish(lab: Lab) -> None:
    lab.write(
        """
      a = td "a" { input = var.a or "one"; };
      seen = ledger.outputs."terraform.terraform_data.a".output or "DEFAULT";
      b = td "b" { input = seen; };
      c = td "c" { input = of (a.refAttr "output") (x: "c-${x}"); };
""",
        "resources = [ a b c ];",
    )
    lab.apply().ok()
    assert lab.state["b"]["input"] == "one"
    lab.variables["a"] = "two"
    lab.apply().ok()
    assert lab.state["b"]["input"] == "two"
    assert [x for x in lab.history if x[0] == "b"] == [("b", "update")]


@pytest.mark.parametrize("renamed", [False, True])
def test_dependant_that_is_replaced_goes_before_its_upstream(lab: Lab, renamed: bool) -> None:
    """Under the name that it had, if it is renamed at the same time."""
    let = """
      a = td "a" { input = "a"; triggers_replace = var.a or "one"; };
      b = td "b" { input = "b"; triggers_replace = of (a.refAttr "id") (x: "b-${x}"); };
      c = td "c" { input = "c"; triggers_replace = of (b.refAttr "id") (x: "c-${x}"); };
"""
    lab.write(let, "resources = [ a b c ];")
    lab.apply().ok()
    lab.variables["a"] = "two"
    b, c = "b", "c"
    if renamed:
        b, c = "bee", "sea"
        moves = ' { from = "terraform_data.b"; to = b; } { from = "terraform_data.c"; to = c; } '
        let = let.replace('td "b"', 'td "bee"').replace('td "c"', 'td "sea"')
        lab.write(let, f"resources = [ a b c ]; extra.moved = [{moves}];")
    assert lab.planned() == {"a": "replace", b: "replace", c: "replace"}
    done = lab.apply().ok()
    assert done.words == {"a": "replaced", b: "replaced", c: "replaced"}
    deletes = [n for n, action in lab.history if action == "delete"]
    creates = [n for n, action in lab.history if action == "create"]
    assert (deletes, creates) == ([c, b, "a"], ["a", b, c])
    assert lab.settled()


def test_dependant_that_creates_before_it_destroys_is_never_destroyed_first(lab: Lab) -> None:
    lab.write(
        """
      a = td "a" { input = "a"; triggers_replace = var.a or "one"; };
      b = tdm "b" { lifecycle.createBeforeDestroy = true; } { triggers_replace = of (a.refAttr "id") (x: "b-${x}"); };
""",
        "resources = [ a b ];",
    )
    lab.apply().ok()
    lab.variables["a"] = "two"
    lab.apply().ok()
    assert [x for x in lab.history if x[0] == "b"] == [("b", "create"), ("b", "delete")]
    assert lab.settled()


def test_what_creates_before_it_destroys_no_longer_depends_on_what_is_replaced(lab: Lab) -> None:
    """Its old object does: plain OpenTofu finds a cycle."""
    let = """
      a = td "a" { input = "a"; triggers_replace = var.a or "one"; };
      b = td "b" { input = a.refAttr "id"; };
      c = td "c" { triggers_replace = [ (a.refAttr "id") (b.refAttr "id") ]; };
"""
    lab.write(let, "resources = [ a b c ];")
    lab.apply().ok()
    lab.variables["a"] = "two"
    head = let[: let.index("c = ")]
    lab.write(
        head + 'c = tdm "c" { lifecycle.createBeforeDestroy = true; } { input = "c"; };', "resources = [ a b c ];"
    )
    assert lab.apply().ok().words == {"a": "replaced", "b": "updated", "c": "replaced"}
    assert lab.settled()


def test_upstream_that_creates_before_it_destroys(lab: Lab) -> None:
    lab.write(
        """
      a = tdm "a" { lifecycle.createBeforeDestroy = true; } { triggers_replace = var.a or "one"; };
      b = td "b" { input = of (a.refAttr "id") (x: "b-${x}"); };
""",
        "resources = [ a b ];",
    )
    lab.apply().ok()
    lab.variables["a"] = "two"
    done = lab.apply().ok()
    # The old object goes in its own phase, before b has moved on: see docs/explanation/second-run.md.
    assert lab.history == [("a", "create"), ("a", "delete"), ("b", "update")]
    assert done.words == {"a": "replaced", "b": "updated"}


def test_prevent_destroy_is_refused_before_anything_is_touched(lab: Lab) -> None:
    lab.write(
        """
      a = td "a" { input = "a"; triggers_replace = var.a or "one"; };
      b = tdm "b" { lifecycle.preventDestroy = true; } { triggers_replace = of (a.refAttr "id") (x: "b-${x}"); };
""",
        "resources = [ a b ];",
    )
    lab.apply().ok()
    before = (lab.project / "nivis.state.json").read_text()
    lab.variables["a"] = "two"
    for done in (lab.apply(), lab.destroy()):
        assert done.result.error is not None
        assert "preventDestroy" in done.result.error.diagnostics[0].detail
        assert done.applies == 0
    assert (lab.project / "nivis.state.json").read_text() == before


def test_resource_removed_from_the_middle_stays_until_its_dependant_has_moved_on(lab: Lab) -> None:
    lab.write(CHAIN, "resources = [ a b c ];")
    lab.apply().ok()
    lab.variables["a"] = "two"
    lab.write(
        CHAIN.replace("(b.refAttr", "(a.refAttr"),
        "resources = [ a c ];",
    )
    assert lab.planned() == {"a": "update", "b": "delete", "c": "update"}
    done = lab.apply().ok()
    assert done.words == {"a": "updated", "b": "destroyed", "c": "updated"}
    assert lab.history[0] == ("a", "update")
    assert lab.state["c"]["output"] == "c-two"
    assert lab.settled()


def test_orphan_is_destroyed(lab: Lab) -> None:
    lab.write(CHAIN, "resources = [ a b c ];")
    lab.apply().ok()
    lab.write(CHAIN, "resources = [ a b ];")
    assert lab.planned() == {"c": "delete"}
    assert lab.apply().ok().words == {"c": "destroyed"}
    assert lab.settled()


def test_rename_by_moved(lab: Lab) -> None:
    lab.write(CHAIN, "resources = [ a b c ];")
    lab.apply().ok()
    ids = {n: o["id"] for n, o in lab.state.items()}
    renamed = CHAIN.replace('b = td "b"', 'b = td "bee"')
    moved = 'extra.moved = [ { from = "terraform.terraform_data.b"; to = b; } ];'
    lab.write(renamed, f"resources = [ a b c ]; {moved}")
    assert lab.planned() == {"bee": "move"}
    done = lab.apply().ok()
    assert done.words == {"bee": "moved"}
    state = lab.state
    assert state["bee"]["id"] == ids["b"]
    assert state["c"]["id"] == ids["c"]
    assert lab.settled()


@pytest.mark.parametrize(
    ("moves", "kept"),
    [("b->bee", True), ("b->mid mid->bee", True), ("b->nothing", False), ("b->mid mid->nothing", False)],
)
def test_whatever_a_rename_leads_to_while_what_depends_on_it_waits(lab: Lab, moves: str, kept: bool) -> None:
    """The engine refuses a rename of what a phase leaves alone; what leads nowhere goes as without the rename."""
    lab.write(CHAIN, "resources = [ a b c ];")
    lab.apply().ok()
    before = lab.state["b"]["id"]
    lab.variables["a"] = "two"
    steps = [step.split("->") for step in moves.split()]
    said = "".join(f'{{ from = "terraform_data.{old}"; to = "terraform_data.{new}"; }} ' for old, new in steps)
    # Another name that no rename leads to is another thing.
    let = CHAIN.replace('b = td "b"', 'b = td "bee"')
    lab.write(let, f"resources = [ a b c ]; extra.moved = [ {said}];")
    assert lab.planned().get("b") == (None if kept else "delete")
    lab.apply().ok()
    assert lab.state.keys() == {"a", "bee", "c"}
    assert (lab.state["bee"]["id"] == before) == kept
    assert lab.settled()


def test_rename_of_a_held_resource(lab: Lab) -> None:
    lab.write(CHAIN, "resources = [ a b c ];")
    lab.apply().ok()
    ids = {n: o["id"] for n, o in lab.state.items()}
    lab.variables["a"] = "two"
    lab.write(
        CHAIN.replace('b = td "b"', 'b = td "bee"'),
        'resources = [ a b c ]; extra.moved = [ { from = "terraform_data.b"; to = b; } ];',
    )
    lab.apply().ok()
    assert {n: o["id"] for n, o in lab.state.items()} == {"a": ids["a"], "bee": ids["b"], "c": ids["c"]}
    assert lab.state["c"]["output"] == "c-b-two"
    assert lab.settled()


def test_ignore_changes(lab: Lab) -> None:
    lab.write(
        'a = tdm "a" { lifecycle.ignoreChanges = [ "input" ]; } { input = var.a or "one"; };'
        ' b = td "b" { input = of (a.refAttr "output") (x: "b-${x}"); };',
        "resources = [ a b ];",
    )
    lab.apply().ok()
    lab.variables["a"] = "two"
    assert lab.settled()
    assert lab.apply().ok().applies == 0


def test_replace_triggered_by(lab: Lab) -> None:
    lab.write(
        'a = td "a" { input = var.a or "one"; };'
        ' b = tdm "b" { lifecycle.replaceTriggeredBy = [ a ]; } { input = "b"; };'
        ' c = td "c" { input = of (b.refAttr "id") hash; };',
        "resources = [ a b c ];",
    )
    lab.apply().ok()
    lab.variables["a"] = "two"
    assert lab.apply().ok().words == {"a": "updated", "b": "replaced", "c": "updated"}
    assert lab.settled()


@pytest.mark.parametrize("name", ["a", "b"])
def test_replace_on_request_also_of_what_depends_on_derived_values(lab: Lab, name: str) -> None:
    lab.write(CHAIN, "resources = [ a b c ];")
    lab.apply().ok()
    ids = {n: o["id"] for n, o in lab.state.items()}
    lab.variables["a"] = "two"
    wanted = (f"terraform.terraform_data.{name}",)
    assert lab.planned(replace=wanted)[name] == "replace"
    done = lab.apply(replace=wanted).ok()
    assert done.words[name] == "replaced"
    assert {n for n, o in lab.state.items() if o["id"] != ids[n]} == {name}
    assert lab.settled()


def test_tainted_resource_is_replaced_and_its_dependants_follow(lab: Lab) -> None:
    let = 'a = td "a" { input = "a"; }; b = td "b" { input = of (a.refAttr "id") (x: "b-${x}"); };'
    lab.write(let, "resources = [ a b ];")
    lab.apply().ok()
    lab.session().tofu.taint("terraform_data.a")
    done = lab.apply().ok()
    assert done.words == {"a": "replaced", "b": "updated"}
    assert lab.state["b"]["output"] == f"b-{lab.state['a']['id']}"


GROUP = """
      a = td "a" { input = var.a or "x"; };
      g = lib.whenKnown {
        name = "zone"; inputs = [ (a.refAttr "output") ];
        resources = xs: map (i: td "m${toString i}" { input = "fixed"; })
          (builtins.genList (i: i) (builtins.stringLength (builtins.elemAt xs 0)));
      };
"""


def test_group_is_created_once_known_kept_while_pending_grown_and_shrunk(lab: Lab) -> None:
    lab.write(GROUP, "resources = [ a g ];")
    lines = {x.id: x for x in lab.plan().lines}
    assert lines["zone"].action == "unknown"
    assert lines["zone"].waits_for == "terraform.terraform_data.a.output"
    lab.apply().ok()
    assert set(lab.state) == {"a", "m0"}
    first = lab.state["m0"]["id"]
    lab.variables["a"] = "xyz"
    done = lab.apply().ok()
    assert done.words == {"a": "updated", "m1": "created", "m2": "created"}
    lab.variables["a"] = "zy"
    assert {x.id for x in lab.plan().lines if x.action == "unknown"} == {"zone"}
    done = lab.apply().ok()
    assert done.words == {"a": "updated", "m2": "destroyed"}
    assert lab.state["m0"]["id"] == first
    assert lab.settled()


def test_nested_group_and_members_that_depend_on_its_inputs(lab: Lab) -> None:
    lab.write(
        """
      a = td "a" { input = var.a or "x"; };
      g = lib.whenKnown { inputs = [ (a.refAttr "output") ]; resources = xs: let
          m = td "m" { input = builtins.elemAt xs 0; };
        in [ m (lib.whenKnown { inputs = { i = m.refAttr "id"; }; resources = v: [ (td "n" { input = v.i; }) ]; }) ];
      };
""",
        "resources = [ a g ];",
    )
    assert lab.apply().ok().result.tally.phases == 3
    assert lab.state["n"]["input"] == lab.state["m"]["id"]
    # The member's value is a literal: only the group's inputs tell the order.
    dependencies = lab.snapshot().dependencies
    assert "terraform_data.a" in dependencies["terraform_data.m"]
    lab.variables["a"] = "y"
    lab.apply().ok()
    assert lab.state["m"]["input"] == "y"
    assert lab.settled()
    assert [n for n, _ in (lab.destroy().ok(), lab.history)[1]] == ["n", "m", "a"]


def test_nix_that_throws_on_an_old_value_does_not_block_the_run_that_mends_it(lab: Lab) -> None:
    lab.write(
        """
      a = td "a" { input = var.a or "one"; };
      b = td "b" { input = of (a.refAttr "output") (x: if x == "bad" then throw "bad is refused" else "b-${x}"); };
""",
        "resources = [ a b ];",
    )
    lab.apply().ok()
    lab.variables["a"] = "bad"
    failed = lab.apply()
    assert failed.result.error is not None
    assert "bad is refused" in str(failed.result.error)
    assert lab.state["a"]["output"] == "bad"
    lab.variables["a"] = "good"
    done = lab.apply().ok()
    assert done.words == {"a": "updated", "b": "updated"}
    assert lab.state["b"]["output"] == "b-good"


def test_oscillation_is_named(tofu: Lab) -> None:
    tofu.write(
        """
      old = ledger.outputs."terraform.terraform_data.a".output or "x";
      a = td "a" { input = if old == "x" then "y" else "x"; };
""",
        "resources = [ a ];",
    )
    done = tofu.apply()
    assert isinstance(done.result.error, NotConverged)
    assert "terraform.terraform_data.a" in done.result.error.diagnostics[0].detail


def test_attribute_that_does_not_exist_is_found_before_the_run_ends_in_nothing(tofu: Lab) -> None:
    tofu.write(
        'a = td "a" { input = "a"; }; b = td "b" { input = of (a.refAttr "outptu") (x: x); };', "resources = [ a b ];"
    )
    done = tofu.apply()
    assert isinstance(done.result.error, IRError)
    assert "output" in done.result.error.diagnostics[0].hint
    assert done.applies == 0


def test_foreign_change_of_the_state_between_phases_stops_the_run(tofu: Lab) -> None:
    tofu.write(CHAIN, "resources = [ a b c ];")
    tofu.apply().ok()
    tofu.variables["a"] = "two"

    def meddle(session: Session) -> Session:
        def sink(event: Event) -> None:
            session.emit(event)
            # Somebody else's run, between our plan of phase 2 and its apply.
            if getattr(event, "text", "") == "planning" and getattr(event, "phase", 0) == 2:
                path = tofu.project / "nivis.state.json"
                path.write_text(re.sub(r'"serial": ?', '"serial": 9', path.read_text()))

        return replace(session, emit=sink)

    tofu.on_apply = meddle
    done = tofu.apply()
    assert done.result.error is not None
    assert done.result.error.diagnostics[0].summary == "The state was changed by someone else during this run"
    assert done.words == {"a": "updated"}


def test_data_source_feeds_derived_values(lab: Lab) -> None:
    source = lab.project / "other.tfstate"

    def publish(value: str) -> None:
        outputs = {"v": {"value": value, "type": "string"}}
        document = {"version": 4, "terraform_version": "1.11.0", "serial": 1, "lineage": "l", "outputs": outputs}
        source.write_text(json.dumps({**document, "resources": []}))

    publish("one")
    lab.write(
        f"""
      d = lib.mkData {{ provider = "terraform"; type = "terraform_remote_state"; name = "d";
        config = {{ backend = "local"; config = {{ path = "{source}"; }}; }}; }};
      b = td "b" {{ input = of (d.refPath [ "outputs" "v" ]) (x: "b-${{x}}"); }};
""",
        "resources = [ b ]; dataSources = [ d ];",
    )
    assert lab.apply().ok().result.tally.phases == 1
    assert lab.state["b"]["output"] == "b-one"
    assert lab.settled()
    publish("two")
    assert lab.planned() == {"b": "update"}
    assert lab.apply().ok().words == {"b": "updated"}
    assert lab.state["b"]["output"] == "b-two"
    assert lab.settled()
