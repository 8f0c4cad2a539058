"""The loop, played: which phases there are, what is known when, and what ends it."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.testing.case import Case
from nivis_tofu.testing.invent import Inventor
from nivis_tofu.testing.play import Play, Scene
from tests.support.situation import ir, pending, ref, res
from tests.unit.testing.playing import Known, play, played, refused

SCHEMA = BlockSchema(
    {
        "attributes": {
            "id": {"type": "string", "computed": True},
            "v0": {"type": "string", "optional": True, "computed": True},
            "size": {"type": "number", "computed": True},
        }
    }
)
WITH_SCHEMA = Scene(schema=lambda ir, resource: SCHEMA)


def phases(flake: Any, **more: Any) -> dict[str, int]:
    return {i.removeprefix("p.t."): r["phase"] for i, r in played(flake, **more).resources.items()}


def test_a_computed_value_costs_a_phase_and_a_reference_none() -> None:
    def flake(known: Known) -> IR:
        return ir(
            res("a"),
            res("b", ref("a")),
            res("c", known(lambda x: f"from {x}", "b")),
            res("d", known(len, "c")),
            outputs={"c": ref("c", "v0"), "d": known(lambda x: [x], "d@v0")},
        )

    done = played(flake, b={"id": "xyz"})
    assert {i: r["phase"] for i, r in done.resources.items()} == {"p.t.a": 1, "p.t.b": 1, "p.t.c": 2, "p.t.d": 3}
    assert done.phases == 3
    assert done.outputs["c"] == "from xyz"
    b = done.resources["p.t.b"]
    assert b["config"]["v0"] == done.resources["p.t.a"]["outputs"]["id"]
    assert done.outputs["d"] == [len(done.resources["p.t.c"]["outputs"]["id"])]


def test_what_the_plan_knows_costs_no_phase() -> None:
    def flake(known: Known) -> IR:
        return ir(
            res("a", "x"),
            res("b", ref("a", "v0")),
            res("c", known(str.upper, "a@v0")),
            res("d", known(str.upper, "b@v0")),
            res("e", ref("a")),
            res("f", known(str.upper, "e@v0")),
        )

    assert phases(flake) == {"a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 2}
    assert played(flake).resources["p.t.d"]["config"]["v0"] == "X"


def test_a_data_source_is_read_at_plan_unless_it_waits() -> None:
    def flake(known: Known) -> IR:
        return ir(
            res("data.p.t.now", "x"),
            res("a", known(lambda x: x, "data.p.t.now")),
            res("data.p.t.late", ref("a")),
            res("b", known(lambda x: x, "data.p.t.late")),
            res("data.p.t.told", depends_on=["b"]),
            res("c", known(lambda x: x, "data.p.t.told")),
        )

    found = phases(flake)
    assert found == {"data.p.t.now": 1, "a": 1, "data.p.t.late": 1, "b": 2, "data.p.t.told": 2, "c": 3}


def test_a_configuration_of_data_alone_has_no_phase() -> None:
    done = played(lambda _: ir(res("data.p.t.d", "x"), outputs={"o": ref("data.p.t.d", "v0")}))
    assert (done.phases, done.outputs, done.resources["data.p.t.d"]["phase"]) == (0, {"o": "x"}, 1)


def test_outputs_of_modules_are_known_after_the_apply() -> None:
    def flake(known: Known) -> IR:
        return ir(res("module.m", config={"x": 1}), res("a", known(lambda x: x["deep"], "module.m@out")))

    fixed = {"module.m": {"out": {"deep": 7}}}
    done = played(flake, fixed=fixed)
    assert done.resources["p.t.a"] == {
        "config": {"v0": 7},
        "outputs": {"id": done.resources["p.t.a"]["outputs"]["id"], "v0": 7},
        "phase": 2,
    }


def test_values_have_the_types_of_the_schema_and_wait_where_they_are_computed() -> None:
    def flake(known: Known) -> IR:
        return ir(
            res("a", None),
            res("b", known(lambda x: x + 1, "a@size")),
            res("c", known(lambda x: x, "a@v0")),
        )

    done = played(flake, around=WITH_SCHEMA)
    a = done.resources["p.t.a"]["outputs"]
    assert isinstance(a["size"], int)
    assert isinstance(a["v0"], str)
    assert {i: r["phase"] for i, r in done.resources.items()} == {"p.t.a": 1, "p.t.b": 2, "p.t.c": 2}


def test_outputs_of_other_stacks_are_there_from_the_beginning() -> None:
    def flake(known: Known) -> IR:
        return ir(res("a", known(lambda x: f"in {x}", "stack.network@vpc")))

    assert played(flake, fixed={"stack.network": {"vpc": "v-1"}}).resources["p.t.a"]["config"] == {"v0": "in v-1"}
    playing, done = play(flake)
    assert done.phases == 1
    assert playing.values == {"stack.network.vpc": done.resources["p.t.a"]["config"]["v0"].removeprefix("in ")}


def test_the_members_of_a_group_come_when_it_is_known() -> None:
    def flake(known: Known) -> IR:
        inputs = known(lambda x: x, "a")
        if inputs.pending:
            return ir(res("a"), groups={"g": ["a"]})
        return ir(res("a"), *(res(f"m{i}", f"{inputs.value}{i}", given=["a"], groups=["g"]) for i in range(2)))

    assert phases(flake) == {"a": 1, "m0": 2, "m1": 2}


def test_who_reads_the_ledger_by_himself_is_played_to_the_end() -> None:
    def flake(known: Known) -> IR:
        there = "p.t.a" in known.document["outputs"]
        return ir(res("a"), res("b", "yes" if there else "no"), *([] if there else [res("gone")]))

    done = played(flake)
    assert done.phases == 2
    assert done.resources.keys() == {"p.t.a", "p.t.b"}
    assert done.resources["p.t.b"]["config"] == {"v0": "yes"}


def test_what_never_ends_is_refused_as_a_run_would() -> None:
    def swings(known: Known) -> IR:
        return ir(res("a", "x" if known.document["outputs"].get("p.t.a", {}).get("v0") == "y" else "y"))

    def grows(known: Known) -> IR:
        return ir(res("a", str(known.document["phase"])))

    def waits(known: Known) -> IR:
        return ir(res("a"), groups={"g": ["a@nothing"]}) if "p.t.a" not in known.document["outputs"] else ir(res("a"))

    assert refused(swings) == "The configuration does not converge"
    assert refused(grows) == "Too many phases"
    assert refused(lambda _: ir(res("a", ref("b")), res("b", ref("a")))) == "Dependency cycle"
    assert played(waits).phases == 1


def test_a_path_that_is_not_there() -> None:
    def flake(_: Known) -> IR:
        return ir(res("a", {"x": 1}), res("b", ref("a", "v0", "y")))

    with pytest.raises(NivisError, match="No such element") as error:
        played(flake)
    assert 'outputs."p.t.a".v0' in error.value.diagnostics[0].hint


def test_what_a_test_fixes_must_be_there() -> None:
    flake = lambda _: ir(res("a"))  # noqa: E731 - short
    assert refused(flake, fixed={"p.t.aa": {}}) == "A test fixes outputs of nothing"
    assert refused(flake, a={"sise": 1}, around=WITH_SCHEMA) == "A test fixes outputs of nothing"
    assert played(flake, a={"anything": 1}).resources["p.t.a"]["outputs"]["anything"] == 1


def test_an_error_of_the_schemas_stops_it() -> None:
    def check(_: IR) -> None:
        raise NivisError.of("Unsupported argument")

    assert refused(lambda _: ir(res("a")), around=Scene(check=check)) == "Unsupported argument"


def test_made_up_values_are_told_and_others_are_not() -> None:
    def flake(known: Known) -> IR:
        return ir(res("a", "x"), res("b", known(lambda *v: v, "a", "a@v0", "a@mine")))

    playing, done = play(flake, a={"mine": 1})
    assert playing.values == {"p.t.a.id": done.resources["p.t.a"]["outputs"]["id"]}


def test_a_value_that_a_plan_read_is_told_where_nix_throws_on_it() -> None:
    playing = Play(Case("case"), Inventor(wild=True))
    running = playing.run()
    next(running)
    running.send(ir(res("data.p.t.zones"), res("a", pending("data.p.t.zones@names"))))
    with pytest.raises(NivisError):
        running.throw(NivisError.of("It throws"))
    assert playing.values.keys() == {"data.p.t.zones.names"}


def test_the_same_seed_makes_the_same_values() -> None:
    flake = lambda _: ir(res("a"), res("b"))  # noqa: E731 - short
    assert played(flake, seed=3) == played(flake, seed=3) != played(flake, seed=4)
