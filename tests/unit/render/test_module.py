"""What the golden files cannot show: refusals, digests, previews."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import IRError
from nivis_tofu.ir import graph
from nivis_tofu.ir.ledger import Ledger, Object
from nivis_tofu.render.module import Module
from nivis_tofu.render.preview import PreviewWriter
from tests.support.rendering import BUILTIN, DATA, data, decode, derived, document, ref, render

PENDING = {"__derived": {"inputs": [], "refs": [ref("a")]}}


def test_a_comment_key_is_refused() -> None:
    ir = decode(document({**data("a", 1), "config": {"//": "x"}}))
    with pytest.raises(IRError, match="An attribute that the engine would drop"):
        render(ir)
    # Inside a value it is an ordinary key.
    assert '"//": "x"' in render(decode(document(data("a", {"//": "x"})))).text


def test_a_block_that_is_none() -> None:
    with pytest.raises(IRError, match="Malformed block in extra"):
        render(decode(document(extra={"moved": ["x"]})))


EXPR = {"__expr": ["${upper(", PENDING, ")}"]}
PLACES: dict[str, dict[str, Any]] = {
    "provider": {"providers": {**BUILTIN, "p": {"source": "a/b", "config": {"x": [{"y": "@"}]}}}},
    "output": {"outputs": {"o": {"value": {"x": "@"}}}},
    "local": {"extra": {"locals": {"l": "@"}}},
    "check": {"extra": {"check": {"c": {"assert": [{"condition": "@"}]}}}},
    "import": {"extra": {"import": [{"to": DATA + "b", "id": "@"}]}},
    "one import": {"extra": {"import": {"to": DATA + "b", "id": "i", "for_each": "@"}}},
    "list of blocks": {"extra": {"ephemeral": [{"x": "@"}, {"x": 1}]}},
    "module": {"modules": [{"id": "module.m", "name": "m", "source": "./m", "config": {"x": "@"}}]},
    "resource": {"resources": [data("a", 1), data("b", "@")]},
    "meta": {"resources": [data("a", 1), data("b", 1, meta={"timeouts": {"create": "@"}})]},
    "condition": {"resources": [data("a", 1), data("b", 1, meta={"lifecycle": {"precondition": [{"x": "@"}]}})]},
    "data source": {
        "dataSources": [
            {"id": "data.terraform.t.d", "provider": "terraform", "type": "t", "name": "d", "config": {"x": "@"}}
        ]
    },
}


def put(template: Any, value: Any) -> Any:
    return json_text.loads(json_text.dumps(template).replace('"@"', json_text.dumps(value)))


@pytest.mark.parametrize("value", [PENDING, EXPR, derived([PENDING], "a")], ids=["whole", "in an expr", "inside"])
@pytest.mark.parametrize("place", PLACES)
def test_what_is_pending_is_never_written(place: str, value: Any) -> None:
    raw = document(data("a", 1), data("b", 1))
    ir = decode({**raw, **put(PLACES[place], value)})
    held = graph.held(ir, graph.pending_providers(ir, {}))
    include = ir.resources.keys() - held
    seen = PreviewWriter(ir, Ledger(), stale=frozenset(held), absent=frozenset())
    for module in (
        render(ir, include=()),
        render(ir, include=(), calls_only=True),
        render(ir, include=include),
        render(ir, include=ir.resources, preview=seen, providers=()),
    ):
        assert "PENDING" not in module.text  # which fails where it is no JSON


def test_a_configuration_that_waits_keeps_a_bare_block_if_it_is_not_the_default() -> None:
    """The engine asks for it where something of it is in the state, excluded or not."""
    late = {"source": "a/b", "config": {"region": PENDING}}
    ir = decode(document(data("a", 1), providers={**BUILTIN, "b": late, "c": late}))
    seen = PreviewWriter(ir, Ledger(), stale=frozenset(), absent=frozenset())
    for module in (render(ir), render(ir, preview=seen, providers=["terraform"])):
        assert module.document["provider"] == {"b": [{"alias": "c"}]}
    # What is destroyed with it must not meet a configuration that says nothing.
    assert "provider" not in render(ir, providers=["terraform"]).document


@pytest.mark.parametrize("place", ["module", "resource", "meta", "condition", "data source", "import", "one import"])
def test_who_waits_for_what_is_pending_is_held(place: str) -> None:
    ir = decode({**document(data("a", 1), data("b", 1)), **put(PLACES[place], PENDING)})
    assert graph.held(ir, set()) - {DATA + "a"}


def test_what_names_something_that_waits_is_left_out_with_it() -> None:
    text = {"__expr": ["${local.two}"]}
    ir = decode(
        document(
            data("a", 1),
            data("b", text),
            data("c", {"__expr": ["a local.one in plain text"]}),
            outputs={"o": {"value": text}, "p": {"value": {"__expr": ["${terraform_data.b.id}"]}}},
            extra={"locals": {"one": PENDING, "two": {"__expr": ["${local.one}-x"]}, "three": 3}},
        )
    )
    held = graph.held(ir, set())
    assert held == {DATA + "b", "local.one", "local.two"}
    document_ = render(ir, include=ir.resources.keys() - held).document
    assert document_["locals"] == {"three": 3}
    assert "output" not in document_
    assert set(document_["resource"]["terraform_data"]) == {"a", "c"}


@pytest.mark.parametrize(
    "more",
    [
        {"backend": {"type": "s3", "bucket": "@"}},
        {"extra": {"terraform": {"encryption": {"x": "@"}}}},
        {"extra": {"variable": {"v": {"default": "@"}}}},
    ],
)
@pytest.mark.parametrize("value", [PENDING, derived("x", "a"), {"__ref": ref("a")}])
def test_outputs_where_the_engine_reads_before_there_are_any(more: dict[str, Any], value: Any) -> None:
    with pytest.raises(IRError, match="A value that comes too late"):
        decode({**document(data("a", 1)), **put(more, value)})


def test_equal_input_equal_bytes() -> None:
    one = render(decode(document(data("a", {"x": 1, "y": derived("s", sensitive=True)}))))
    two = render(decode(document(data("a", {"y": derived("s", sensitive=True), "x": 1}))))
    assert (one.text, one.digest) == (two.text, two.digest)
    other = render(decode(document(data("a", {"x": 1, "y": derived("t", sensitive=True)}))))
    assert other.text == one.text
    assert other.digest != one.digest


def test_blocks_about_what_is_held_are_left_out() -> None:
    extra = {
        "moved": [{"from": DATA + "old", "to": DATA + "b"}],
        "import": [{"to": DATA + "a", "id": {"__ref": ref("b")}}],
        "check": {"c": {"assert": [{"condition": {"__expr": ["${", {"__ref": ref("b")}, ' == ""}']}}]}},
        "locals": {"kept": {"__ref": ref("a")}, "pending": PENDING},
    }
    ir = decode(document(data("a", 1), data("b", PENDING), extra=extra))
    found = render(ir, include=[DATA + "a"]).document
    assert found["locals"] == {"kept": "${terraform_data.a.id}"}
    assert not {"moved", "import", "check"} & found.keys()


@pytest.mark.parametrize(
    ("moves", "written"),
    [
        ("z->a", "z->a"),
        ("z->y y->a", "z->y y->a"),
        ("z->b", ""),
        ("z->y y->b", ""),
        ("z->y", ""),
        ("z->y y->x", ""),
        ("a->y", "a->y"),
        ("z->y y->z", ""),
        ("z->j", "z->j"),
        ("z->y y->j", "z->y y->j"),
    ],
)
def test_renames_are_written_that_lead_to_something_in_this_phase(moves: str, written: str) -> None:
    """`a` is in it, `b` waits, `j` is declared in a joined root module, the others nowhere."""
    steps = [step.split("->") for step in moves.split()]
    extra = {"moved": [{"from": f"terraform_data.{old}", "to": f"terraform_data.{new}"} for old, new in steps]}
    ir = replace(
        decode(document(data("a", 1), data("b", PENDING), extra=extra)), foreign={"terraform_data.j": frozenset()}
    )
    found = render(ir, include=[DATA + "a"]).document.get("moved", [])
    assert " ".join(f"{m['from'][15:]}->{m['to'][15:]}" for m in found) == written


@pytest.mark.parametrize("entry", [{}, {"to": "terraform_data.x"}, {"from": "terraform_data.x"}])
def test_a_rename_that_lacks_an_end_is_left_to_the_engine(entry: dict[str, str]) -> None:
    ir = decode(
        document(data("a", 1), extra={"moved": [entry, {"from": "terraform_data.z", "to": "terraform_data.a"}]})
    )
    assert {"from": "terraform_data.z", "to": "terraform_data.a"} in render(ir).document["moved"]


def preview(*resources: dict[str, Any], stale: str = "a", absent: str = "") -> Module:
    ir = decode(document(*resources))
    ledger = Ledger({DATA + "a": Object("terraform_data.a", "", {"id": "i-1", "output": "o"})})
    ids = [frozenset(DATA + n for n in text.split()) for text in (stale, absent)]
    return render(ir, ledger=ledger, preview=PreviewWriter(ir, ledger, ids[0], ids[1]))


def of(module: Module, name: str) -> Any:
    return module.document["resource"]["terraform_data"][name]["input"]


def test_a_preview_guards_what_may_be_stale() -> None:
    module = preview(data("a", 1), data("b", derived({"k": "${v}"}, "a")), data("c", derived("x", "b")))
    ((local, test),) = module.document["locals"].items()
    ((name, value),) = module.before.items()
    assert test == f"${{nonsensitive(jsonencode(terraform_data.a.id) == jsonencode(var.{name}))}}"
    assert value == "i-1"
    # It may be secret by now, so it is treated like that; but nobody has to hide it from people.
    assert "i-1" not in module.text
    assert "i-1" in module.secrets_text
    assert not module.secrets
    text = r'"{\"k\":\"$${v}\"}"'
    assert of(module, "b") == f"${{jsondecode(local.{local} ? {text} : terraform_data.nivis_unknown.id)}}"
    assert of(module, "c") == "x"


def test_a_preview_of_what_is_pending_is_unknown() -> None:
    module = preview(data("a", 1), data("b", PENDING), data("c", derived([PENDING], "b")), absent="b")
    unknown = "terraform_data.nivis_unknown.id"
    assert of(module, "b") == f"${{jsondecode(jsonencode([terraform_data.a.id, {unknown}]))}}"
    assert of(module, "c") == f"${{jsondecode(jsonencode([terraform_data.a.id, {unknown}]))}}"


def test_a_preview_writes_no_secret_down() -> None:
    inner = derived("hunter2")
    values = [
        derived("hunter2", "a", sensitive=True),
        derived({"x": "hunter2", "id": {"__ref": ref("a")}}, "a", sensitive=True),
        derived(["y", inner, {"__expr": [inner, {"__ref": ref("a")}]}], "a", sensitive=True),
        derived(inner, "a", sensitive=True),
        {"__expr": ["x-", derived("hunter2", "a", sensitive=True)]},
    ]
    module = preview(data("a", 1), *(data(f"n{i}", value) for i, value in enumerate(values)))
    assert "hunter2" not in module.text
    assert "hunter2" in module.secrets_text
    guards = [of(module, f"n{i}") for i in (0, 3)]
    assert all("jsonencode(var.nivis_secret_" in guard for guard in guards)


def test_template_text_made_from_a_secret_is_refused() -> None:
    value = derived({"__expr": ["hunter2 ${upper(", {"__ref": ref("a")}, ")}"]}, "a", sensitive=True)
    with pytest.raises(IRError, match="A native template made from a secret"):
        render(decode(document(data("a", 1), data("b", value))))


def test_two_secrets_in_one_place_are_two_variables() -> None:
    parts = ["${join(", derived("one", sensitive=True), ",[", derived("two", sensitive=True), "])}"]
    module = render(decode(document(data("a", {"__expr": parts}))))
    assert sorted(module.secrets.values()) == ["one", "two"]


def test_a_secret_with_references_in_a_template() -> None:
    value = derived({"p": "hunter2", "id": {"__ref": ref("a")}}, "a", sensitive=True)
    module = render(decode(document(data("a", 1), data("b", {"__expr": ["${jsonencode(", value, ")}"]}))))
    assert "hunter2" not in module.text
    assert 'id") = terraform_data.a.id' in of(module, "b")


@pytest.mark.parametrize("more", [{"given": [ref("a")]}, {"groups": ["g"]}], ids=["here", "of other stacks"])
def test_members_of_groups_are_looked_through_for_secrets_as_derived_values_are(more: dict[str, Any]) -> None:
    """To Nix their values are strings like any other. `given` has no outputs of other stacks, nor variables."""
    timeouts = {"timeouts": {"create": "hunter2"}}
    member = data("m", {"x": "of hunter2", "y": "plain"}, meta=timeouts, **more)
    ir = decode(document(data("a", "hunter2 of the flake"), member))
    module = render(ir, finds_secret=lambda text: "hunter2" in text)
    (first, _), (second, _) = module.private.items()
    assert of(module, "a") == "hunter2 of the flake"
    assert module.document["resource"]["terraform_data"]["m"] == {
        **({"depends_on": ["terraform_data.a"]} if "given" in more else {}),
        "input": {"x": f"${{var.{first}}}", "y": "plain"},
        "timeouts": {"create": f"${{var.{second}}}"},
    }
    declared = module.document["variable"]
    assert declared.keys() == module.private.keys()
    assert not any("sensitive" in variable for variable in declared.values())
    assert json_text.loads(module.secrets_text) == {first: "of hunter2", second: "hunter2"}
    assert module.digest != render(ir).digest
