"""Which derived values become calls, where Nix finds them, and why others wait for a phase."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.ir import calls
from nivis_tofu.ir.calls import Called, called
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.ir.values import Call, Derived, Expr, Ref
from tests.support.rendering import DATA, data, decode, derived, document, ref

PENDING = {"__derived": {"inputs": [], "refs": [ref("a")]}}
A = Ref(DATA + "a", ("id",))
SCHEMA = BlockSchema(
    {
        "attributes": {
            "input": {"type": "dynamic", "optional": True},
            "ingress": {"type": ["set", ["object", {"port": "number"}]], "optional": True, "computed": True},
            "zones": {"type": ["list", "string"], "optional": True, "computed": True},
            "rules": {"type": ["list", ["object", {"port": "number", "to": "number"}]], "optional": True},
            "nested": {"nested_type": {"nesting_mode": "set", "attributes": {}}, "optional": True, "computed": True},
            "name": {"type": "string", "optional": True, "computed": True},
        },
        "block_types": {
            "disk": {
                "nesting_mode": "list",
                "block": {
                    "attributes": {"size": {"type": "number", "optional": True}},
                    "block_types": {
                        "part": {"nesting_mode": "list", "block": {"attributes": {"n": {"type": "number"}}}}
                    },
                },
            }
        },
    }
)


def made(config: dict[str, Any], schema: BlockSchema | None = SCHEMA, **more: Any) -> tuple[Any, Called]:
    raw = data("b", None)
    raw["config"] = config
    found = called(decode(document(data("a", "x"), raw, **more)), lambda r: schema)
    return found.ir.resources[DATA + "b"].config, found


def the_calls(ir: IR) -> dict[str, tuple[Any, ...]]:
    return {leaf: call.place for leaf, call in calls.calls(ir).items()}


def test_values_anywhere_in_an_attribute() -> None:
    config, found = made({"input": {"x": [PENDING, 1], "y.z": PENDING}, "name": PENDING})
    assert config["input"]["x"][0] == Call(
        f"{DATA}b.input.x[0]", ("resource", f"{DATA}b", "config", "input", "x", 0), (A,)
    )
    assert the_calls(found.ir) == {
        f"{DATA}b.input.x[0]": ("resource", f"{DATA}b", "config", "input", "x", 0),
        f"{DATA}b.input.y.z": ("resource", f"{DATA}b", "config", "input", "y.z"),
        f"{DATA}b.name": ("resource", f"{DATA}b", "config", "name"),
    }
    assert not found.reasons
    assert [(i, c.leaf) for i, c in calls.owners(found.ir)] == [(f"{DATA}b", leaf) for leaf in the_calls(found.ir)]


def test_two_places_of_one_name() -> None:
    config, _ = made({"input": {"x.y": PENDING, "x": {"y": PENDING}}})
    names = {config["input"]["x.y"].leaf, config["input"]["x"]["y"].leaf}
    assert names == {f"{DATA}b.input.x.y", f"{DATA}b.input.x.y (2)"}


def test_a_known_value_is_called_too_with_all_that_it_refers_to() -> None:
    value = derived({"v": [{"__ref": ref("a", "output")}, derived("deep", "a", sensitive=True)]}, "a")
    config, _ = made({"input": value})
    assert config["input"] == Call(
        f"{DATA}b.input", ("resource", f"{DATA}b", "config", "input"), (A, Ref(DATA + "a", ("output",))), True
    )


@pytest.mark.parametrize("value", [derived("v"), derived("v", sensitive=True), "text", {"__ref": ref("a")}, None])
def test_what_depends_on_nothing_stays(value: Any) -> None:
    config, found = made({"input": value})
    assert not isinstance(config["input"], Call)
    assert not found.reasons


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"disk": PENDING}, "which `disk` blocks there are"),
        ({"disk": [PENDING]}, "which `disk` blocks there are"),
        ({"disk": [{"part": PENDING}]}, "which `part` blocks there are"),
        ({"ingress": PENDING}, "leaves a `ingress` that it does not know out of its plan"),
        ({"ingress": [{"port": PENDING}]}, "`ingress`"),
        ({"zones": [PENDING]}, "`zones`"),
        ({"nested": PENDING}, "`nested`"),
        ({"rules": PENDING}, "objects of it complete"),
        ({"rules": [PENDING]}, "objects of it complete"),
        ({"count": PENDING}, "`count` has to be known"),
        ({"for_each": {"a": PENDING}}, "`for_each` has to be known"),
        ({"provisioner": [{"local-exec": [{"command": PENDING}]}]}, "`provisioner` has to be known"),
        ({"input": derived({"__expr": ["${1}"]}, "a")}, "an expression of the engine"),
    ],
)
def test_what_waits_for_a_phase_and_why(config: dict[str, Any], reason: str) -> None:
    _, found = made(config)
    assert not calls.calls(found.ir)
    assert reason in found.reasons[DATA + "b"]


def test_arguments_inside_of_blocks_and_complete_objects() -> None:
    _, found = made({"disk": [{"size": PENDING, "part": [{"n": PENDING}]}], "rules": [{"port": PENDING}]})
    assert set(the_calls(found.ir)) == {
        f"{DATA}b.disk[0].size",
        f"{DATA}b.disk[0].part[0].n",
        f"{DATA}b.rules[0].port",
    }


def test_without_a_schema_nobody_knows_what_is_a_block() -> None:
    _, found = made({"input": PENDING}, None)
    assert not calls.calls(found.ir)
    assert "schema" in found.reasons[DATA + "b"]


def test_templates() -> None:
    config, _ = made({"input": {"__expr": ["${upper(", PENDING, ")}"]}})
    assert isinstance(config["input"], Expr)
    assert config["input"].parts[1] == Call(f"{DATA}b.input[1]", ("resource", f"{DATA}b", "config", "input", 1), (A,))


def test_data_in_a_template_is_written_around_what_is_computed() -> None:
    operand = {"__derived": {"inputs": [], "refs": [], "value": {"k": [PENDING, {"__ref": ref("a")}]}}}
    written = {"input": {"__expr": ["${jsonencode(", operand, ")}"]}}
    config, found = made(written)
    place = ("resource", f"{DATA}b", "config", "input", 1, "k", 0)
    call = Call(f"{DATA}b.input[1].k[0]", place, (A,))
    assert config["input"].parts[1] == Derived((), {"k": [call, A]})
    assert not found.reasons
    known = {**operand["__derived"], "value": {"k": [derived("now", "a"), {"__ref": ref("a")}]}}
    now = decode(document(data("a", "x"), data("b", {"__expr": ["${jsonencode(", {"__derived": known}, ")}"]})))
    assert calls.computed(now, call) == (True, "now")


def test_meta_arguments_outputs_locals_and_modules() -> None:
    raw = data(
        "b",
        "x",
        meta={
            "timeouts": {"create": PENDING},
            "lifecycle": {"precondition": [{"condition": PENDING, "error_message": "m"}]},
        },
    )
    module = {"id": "module.m", "name": "m", "source": "./m", "config": {"arg": PENDING}}
    ir = decode(
        document(
            data("a", "x"),
            raw,
            modules=[module],
            outputs={"o": {"value": PENDING}},
            extra={"locals": {"l": PENDING}, "import": [{"to": "x.y", "id": PENDING}]},
        )
    )
    found = called(ir, lambda _: SCHEMA)
    assert the_calls(found.ir) == {
        "output.o": ("output", "o"),
        f"{DATA}b.meta.timeouts.create": ("resource", f"{DATA}b", "meta", "timeouts", "create"),
        f"{DATA}b.meta.lifecycle.precondition[0].condition": (
            *("resource", f"{DATA}b", "meta", "lifecycle", "precondition"),
            *(0, "condition"),
        ),
        "module.m.arg": ("resource", "module.m", "config", "arg"),
        "extra.locals.l": ("extra", "locals", "l"),
    }
    assert found.reasons == {"extra.import": "`import` blocks are read before anything is planned"}


def test_what_was_found_out_before_waits() -> None:
    ir = decode(document(data("a", "x"), data("b", PENDING), data("c", PENDING)))
    found = called(ir, lambda _: SCHEMA, {f"{DATA}b.input"}, {DATA + "c"})
    assert isinstance(found.ir.resources[DATA + "b"].config["input"], Derived)
    assert isinstance(found.ir.resources[DATA + "c"].config["input"], Derived)
    assert set(found.reasons) == {DATA + "b", DATA + "c"}


def test_references_to_what_is_not_there_wait() -> None:
    lost = {"__derived": {"inputs": [], "refs": [ref("member")]}}
    ir = decode(document(data("a", "x"), data("b", lost), pending=[{"name": "g", "refs": [ref("a")]}]))
    assert not calls.calls(called(ir, lambda _: SCHEMA).ir)
