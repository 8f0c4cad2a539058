"""JSON -> IR: the fixtures in tests/golden/ir, and agreement with the shipped JSON Schema."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nivis_tofu
from nivis_tofu.core import json_text
from nivis_tofu.core.errors import IRError
from nivis_tofu.ir import decode as irdecode
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.values import PENDING, Build, Derived, Expr, Ref
from tests.support.rendering import DATA, data, decode, derived, document

GOLDEN = Path(__file__).parents[2] / "golden/ir"
VALID = sorted((GOLDEN / "valid").glob("*.json"))
INVALID = sorted((GOLDEN / "invalid").glob("*.json"))
SCHEMA = jsonschema.Draft202012Validator(
    json.loads((Path(nivis_tofu.__file__).parent / "ir.schema.json").read_text(encoding="utf-8"))
)


def stem(path: Path) -> str:
    return path.stem


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def from_fixture(name: str) -> IR:
    return irdecode.decode(json_text.loads((GOLDEN / f"valid/{name}.json").read_text(encoding="utf-8")))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA.schema)


@pytest.mark.parametrize("path", VALID, ids=stem)
def test_valid(path: Path) -> None:
    SCHEMA.validate(load(path))
    irdecode.decode(json_text.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", INVALID, ids=stem)
def test_invalid_is_refused_by_name(path: Path) -> None:
    case = load(path)
    with pytest.raises(IRError) as refused:
        decode(case["ir"])
    texts = [(d.summary, f"{d.address} {d.detail}") for d in refused.value.diagnostics]
    assert any(summary == case["summary"] and case["element"] in text for summary, text in texts), texts
    assert SCHEMA.is_valid(case["ir"]) is not case["schema"]


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(IRError) as refused:
        decode(document(data("a", 1), data("a", 1), stuff=1, outputs={"o": {}}))
    assert [d.summary for d in refused.value.diagnostics] == [
        "Unknown element in the IR",
        "Duplicate resource id",
        "Malformed output",
    ]


def test_leaves() -> None:
    config = from_fixture("leaves").resources[DATA + "b"].config["input"]
    a = DATA + "a"
    assert config == {
        "ref": Ref(a, ("output", 0, "k")),
        "secret": Ref(a, ("id",), sensitive=True),
        "resolved": Derived((Ref(a, ("id",)),), {"deep": [Ref(a, ("output",))]}),
        "pending": Derived((Ref(a, ("id",)),), PENDING),
        "text": Derived((Ref(a, ("id",)),), parts=("id is ", Ref(a, ("id",)), Derived((Ref(a, ("id",)),)))),
        "variable": Derived((), "s3cret", sensitive=True),
        "template": Expr(("x-${upper(", Ref(a, ("id",)), ")}")),
        "built": Build("/nix/store/x-file", "/nix/store/x-file.drv"),
    }


def test_literals_are_data() -> None:
    value = from_fixture("values").resources[DATA + "a"].config["input"]
    assert isinstance(value, dict)
    assert value["leaf-like"] == {"__ref": "data", "__literal": {"x": 1}}
    assert value["big"] == 123456789012345678901234567890


def test_meta() -> None:
    resource = from_fixture("meta").resources[DATA + "b"]
    assert resource.address == "terraform_data.old-b"
    assert resource.meta.depends_on == (DATA + "a",)
    assert resource.meta.replace_triggered_by == (Ref(DATA + "a", ("id",)), Ref(DATA + "a", ()))
    assert resource.meta.other == {"timeouts": {"create": "5m"}}
    assert str(resource.pos["input"]) == "flake.nix:4:1"


def test_the_older_form() -> None:
    ir = from_fixture("older")
    config = ir.resources[DATA + "b"].config
    assert config["input"] == "resolved, bare"
    assert config["triggers_replace"] == Derived((Ref(DATA + "a", ("id",)),), PENDING)
    assert ir.groups[0].refs == (Ref(DATA + "a", ("output", 0)),)


def test_strings_are_kept_as_the_engine_keeps_them() -> None:
    ir = decode(document(data("a", {"e\u0301": ["e\u0301"]})))
    assert ir.resources[DATA + "a"].config["input"] == {"\u00e9": ["\u00e9"]}


def test_a_name_with_dots_in_inputs_of_the_older_form() -> None:
    old = {"__derived": {"inputs": [DATA + "a.b.output.k.1"]}}
    ir = decode(document(data("a", 1), data("a.b", 1), data("c", old)))
    assert ir.resources[DATA + "c"].derived[0].refs == (Ref(DATA + "a.b", ("output", "k", 1)),)


def test_references_inside_values_are_checked_too() -> None:
    inner = {"__ref": {"resource": DATA + "gone", "path": ["id"]}}
    with pytest.raises(IRError, match="not declared"):
        decode(document(data("a", derived({"x": [inner]}))))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "x", "all", "data.x"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["__ref", "__expr", "__literal", "path", "resource", "value", "x"]), inner)
    ),
    max_leaves=4,
)


@settings(max_examples=4 * settings().max_examples)
@given(st.data(), st.sampled_from(VALID))
def test_damage_is_an_error_and_never_a_crash(draw: st.DataObject, path: Path) -> None:
    """Whatever is put in any place of a good document: what the schema refuses, the decoder refuses by name."""
    damaged = copy.deepcopy(load(path))
    places = [(holder, key) for holder, key in _places(damaged)]
    holder, key = places[draw.draw(st.integers(0, len(places) - 1))]
    if isinstance(holder, dict) and draw.draw(st.booleans()):
        del holder[key]
        holder[draw.draw(st.sampled_from(["x", "__ref", "value", "config", "id"]))] = draw.draw(json_values)
    else:
        holder[key] = draw.draw(json_values)
    try:
        decode(damaged)
    except IRError:
        return
    problem = next(SCHEMA.iter_errors(damaged), None)
    assert problem is None, f"accepted, but: {problem.message} at {list(problem.absolute_path)}"


def _places(value: Any) -> list[tuple[Any, Any]]:
    match value:
        case dict():
            return [(value, k) for k in value] + [p for item in value.values() for p in _places(item)]
        case list():
            return [(value, i) for i in range(len(value))] + [p for item in value for p in _places(item)]
        case _:
            return []


def test_the_line_that_gives_an_address_of_its_own() -> None:
    """Following the hint to the letter works, also where the name that comes to mind is taken."""
    providers = {"terraform": {"source": "terraform.io/builtin/terraform", "config": {}}, "other": {"source": "a/b"}}

    def one(provider: str, name: str, **more: Any) -> dict[str, Any]:
        found = {"id": f"{provider}.terraform_data.{name}", "provider": provider, "type": "terraform_data"}
        return {**found, "name": name, "config": {}, **more}

    whole = document(one("terraform", "x"), one("terraform", "other_x"), one("other", "x"))
    whole["providers"] = providers
    with pytest.raises(IRError) as refused:
        irdecode.decode(whole)
    hint = refused.value.diagnostics[0].hint
    assert 'Add `tofuName = "other_x_1";` to `other.terraform_data.x`' in hint
    whole["resources"][2]["tofuName"] = "other_x_1"
    assert irdecode.decode(whole).resources["other.terraform_data.x"].address == "terraform_data.other_x_1"


@pytest.mark.parametrize("wrap", [lambda v: [v], lambda v: {"k": v}, lambda v: derived(v, "a")])
def test_values_have_an_end(wrap: Any) -> None:
    value: Any = 1
    for _ in range(2000):
        value = wrap(value)
    with pytest.raises(IRError, match="Nested too deeply"):
        irdecode.decode(document(data("a", 1), data("b", value)))
