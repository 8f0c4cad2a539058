"""How values stand in the engine's JSON syntax: data escaped, leaves as expressions, secrets as variables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pytest

from nivis_tofu.core.errors import IRError
from nivis_tofu.ir.ledger import Ledger, Object, Taint
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.ir.values import Build, Call, Derived, Expr, Ref
from nivis_tofu.render import values
from nivis_tofu.render.preview import PreviewWriter
from nivis_tofu.render.values import ValueWriter
from tests.support.situation import ir, known, ref, res

IR_ = ir(res("a"), res("b"), res("p.terraform_data.d", Derived((), "s", sensitive=True)), res("module.m"))
LEDGER = Ledger({"p.t.b": Object("t.b", "p", {"id": "i", "pw": "hunter2"}, sensitive=(("pw",),))})
SECRET = Derived((), "hunter2", sensitive=True)


def writer(**more: Any) -> ValueWriter:
    return ValueWriter(IR_, Taint(LEDGER, IR_), **more)


def written(value: Any) -> Any:
    return writer().value(value, "x")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (True, True),
        (Decimal("2.50"), Decimal("2.50")),
        ("${file(1)} %{ if x }", "$${file(1)} %%{ if x }"),
        ({"${k}": ["%{", {"//": 1}]}, {"$${k}": ["%%{", {"//": 1}]}),
        (ref("a"), "${t.a.id}"),
        (Ref("module.m", ("out", 0)), "${module.m.out[0]}"),
        (Ref("p.t.a", ()), "${t.a}"),
        (Ref("p.t.a", ("x",), sensitive=True), "${sensitive(t.a.x)}"),
        # Of its output, but not of its id.
        (ref("p.terraform_data.d", "output"), "${sensitive(terraform_data.d.output)}"),
        (ref("p.terraform_data.d"), "${terraform_data.d.id}"),
        (Build("/nix/store/${x}"), "/nix/store/$${x}"),
        (known("${x}", "a"), "$${x}"),
        (known({"k": [ref("a")]}, "a"), {"k": ["${t.a.id}"]}),
        (Expr(("${upper(", ref("a"), ")}")), "${upper(t.a.id)}"),
        (Call("l1", ("x",), (ref("a"),)), '${provider::nivis::eval("l1", [t.a.id])}'),
        (Call("l1", ("x",), (), sensitive=True), '${sensitive(provider::nivis::eval("l1", []))}'),
        (Call("l1", ("x",), (ref("b", "pw"),)), '${sensitive(provider::nivis::eval("l1", [t.b.pw]))}'),
    ],
)
def test_values(value: Any, text: Any) -> None:
    assert written(value) == text


@pytest.mark.parametrize(
    "secret",
    [SECRET, known("hunter2", "b@pw"), known(known("hunter2", "b@pw"), "a"), known(["x", "hunter2"], "b@pw")],
    ids=["declared", "from a secret output", "inside another", "in a list"],
)
def test_a_secret_is_a_variable(secret: Derived) -> None:
    found = writer()
    text = found.value({"k": [secret]}, "x")
    ((name, value),) = found.secrets.items()
    assert text == {"k": [f"${{var.{name}}}"]}
    assert name.startswith("nivis_secret_")
    assert "hunter2" in str(value)


@pytest.mark.parametrize("value", [ref("a"), [ref("a"), "x"], {"id": ref("a"), "pw": "hunter2"}])
@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("module", [False, True])
def test_an_attribute_made_of_a_secret_is_one_as_a_whole(value: Any, preview: bool, module: bool) -> None:
    """As the answer of a call is, whatever it is made of: in one plan the next plan would change the mark."""
    found = writer()
    if preview:
        found.preview = PreviewWriter(found.ir, Ledger(), stale=frozenset(), absent=frozenset())
    schema = None if module else BlockSchema({"attributes": {"x": {"type": "dynamic", "optional": True}}})
    text = found.body({"x": known(value, "b@pw")}, "t", schema, blocks=not module)["x"]
    assert text.startswith("${sensitive(")
    assert "t.a.id" in text
    assert "hunter2" not in text


def test_references_beside_a_secret_stay_references() -> None:
    found = writer()
    text = found.value(known({"id": ref("a"), "pw": "hunter2"}, "b@pw"), "x")
    assert text == {"id": "${t.a.id}", "pw": f"${{var.{next(iter(found.secrets))}}}"}
    assert list(found.secrets.values()) == ["hunter2"]


def test_names_of_secrets_tell_the_place_and_nothing_else() -> None:
    one, again, elsewhere = writer(), writer(), writer()
    names = [w.value(SECRET, where) for w, where in ((one, "x"), (again, "x"), (elsewhere, "y"))]
    assert names[0] == names[1] != names[2]
    changed = Derived((), "swordfish", sensitive=True)
    assert writer().value(changed, "x") == names[0], "what it is shows nowhere"
    assert one.value(SECRET, "x") == names[0]
    assert one.value(changed, "x") == names[0].replace("}", "_2}")
    assert list(one.secrets.values()) == ["hunter2", "swordfish"]


@pytest.mark.parametrize(
    ("text", "long"),
    [("a" * 1_999, False), ("a" * 2_000, True), ("\n" * 49, False), ("\n" * 50, True), ("${" * 30 + "%{" * 20, True)],
    ids=["short", "long", "few lines", "many lines", "many markers"],
)
def test_a_long_text_is_a_variable(text: str, long: bool) -> None:
    found = writer()
    shown = found.value(text, "x")
    assert (shown in [f"${{var.{name}}}" for name in found.texts or ()]) is long
    assert list((found.texts or {}).values()) == ([text] if long else [])
    assert "var." not in writer(texts=None).value(text, "x"), "where no variable can stand"


def test_a_comment_key_is_refused_at_any_depth() -> None:
    rule = BlockSchema({"block_types": {"rule": {"nesting_mode": "list", "block": {}}}})
    with pytest.raises(IRError, match="An attribute that the engine would drop") as error:
        writer().body({"rule": [{"//": 1}]}, "p.t.x", rule)
    assert error.value.diagnostics[0].address == "p.t.x.rule[0]"
    # Where it is a value and no block, it is a key like any other.
    assert writer().body({"tags": {"//": 1}}, "p.t.x", rule) == {"tags": {"//": 1}}


def test_shapes_by_the_schema() -> None:
    schema = BlockSchema(
        {
            "attributes": {"ingress": {"type": ["list", ["object", {"from": "number", "to": "number"}]]}},
            "block_types": {"rule": {"nesting_mode": "list", "block": {"attributes": {"n": {"type": "number"}}}}},
        }
    )
    body = writer().body({"ingress": [{"from": 1}], "rule": known([{"n": 1}], "a"), "${x}": 1}, "p.t.x", schema)
    assert body == {"ingress": [{"from": 1, "to": None}], "rule": [{"n": 1}], "$${x}": 1}


class Seen:
    """A preview that guards everything and says what it is given."""

    def __init__(self, absent: str = "") -> None:
        self.absent = absent

    def unknown(self, refs: Iterable[Ref]) -> str | None:
        return "UNKNOWN" if any(r.resource == self.absent for r in refs) else None

    def __call__(self, derived: Derived, literal: Callable[[], str], keep: Callable[[Any, Ref], str]) -> str | None:
        kept = ", ".join(keep(LEDGER.lookup(r)[1], r) for r in derived.refs)
        return f"guard({kept}: {literal()})"


def test_what_outputs_were_never_stands_in_the_module() -> None:
    found = writer(preview=Seen())
    text = found.value(known("text", "b"), "x")
    ((name, value),) = found.before.items()
    assert (text, value) == (f'${{guard(var.{name}: "\\"text\\"")}}', "i")
    secret = found.value(known("made of it", "b@pw"), "x")
    assert list(found.before.values()) == ["i"]
    assert sorted(found.secrets.values()) == ["hunter2", "made of it"]
    assert "made of it" not in secret
    assert secret.count("var.nivis_secret_") == 2


def test_a_call_that_needs_what_is_absent_is_unknown() -> None:
    call = Call("l1", ("x",), (ref("a"),))
    assert writer(preview=Seen("p.t.a")).value(call, "x") == "${UNKNOWN}"
    assert writer(preview=Seen("p.t.b")).value(call, "x").startswith("${provider::")


@pytest.mark.parametrize("limit", [1, values.LONG])
def test_templates_hold_long_texts_and_secrets_too(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "LONG", limit)
    found = writer()
    text = found.value(Expr(("${concat(", known(["some text"], "a"), ", ", SECRET, ")}")), "x")
    assert "hunter2" not in text
    assert ("some text" in text) is (limit > 1)
    assert list(found.secrets.values()) == ["hunter2"]


FOUND: dict[str, Any] = {
    "text": known("x-hunter2", "a"),
    "number": known(Decimal("71002200"), "a"),
    "inside": known(["x", {"k": "${hunter2}"}], "a"),
    "key": known({"hunter2": 1}, "a"),
    "beside a reference": known({"id": ref("a"), "pw": ["hunter2"]}, "a"),
    "inside another": known(["x", known("hunter2", "b")], "a"),
    "without references": Derived((), "hunter2"),
    "long": known("hunter2" * values.LONG, "a"),
    "part of a template": Expr(("x-", known("hunter2", "a"))),
    "part of one inside another": known(Expr(("x-", known(["hunter2", ref("a")], "a"))), "a"),
    "key beside a reference": known({"x-hunter2": ref("a"), "y": [{"hunter2": ref("a")}]}, "a"),
    "key of a call's part": Expr(("${keys(", known({"${hunter2}": ref("a")}, "a"), ")}")),
    "number beside a reference": Expr(("${concat(", known([Decimal("71002200"), ref("a")], "a"), ")}")),
}


def finds(text: str) -> bool:
    return "hunter2" in text or "71002200" in text


@pytest.mark.parametrize("preview", [None, Seen()], ids=["phase", "preview"])
@pytest.mark.parametrize("place", FOUND)
def test_what_has_a_secret_in_it_that_nobody_marks_is_in_no_module(place: str, preview: Seen | None) -> None:
    """The engine gets it without a mark, as it would get the text: the mark alone would be a change."""
    found = writer(finds_secret=finds, preview=preview)
    text = str(found.value(FOUND[place], "x", whole=True))
    assert not finds(text)
    assert "var.nivis_private_" in text
    assert finds(str(found.private))
    assert found.secrets == found.texts == {}
    assert "sensitive" not in text
    other = writer(preview=preview)
    other.value(FOUND[place], "x", whole=True)
    assert other.private == {}


def test_what_is_kept_apart_is_as_little_as_the_place_allows() -> None:
    value = known({"a": "plain", "b": [{"c": "x-hunter2"}, 1]}, "a")
    found = writer(finds_secret=finds)
    ((name, text),) = (found.value(value, "x") and found.private).items()
    assert text == "x-hunter2"
    assert found.value(value, "x") == {"a": "plain", "b": [{"c": f"${{var.{name}}}"}, 1]}, "it may be a block"
    whole = writer(finds_secret=finds)
    assert whole.value(value, "x", whole=True).startswith("${var.nivis_private_")
    assert list(whole.private.values()) == [value.value]


@pytest.mark.parametrize("part", [False, True], ids=["an object", "of a template"])
def test_a_key_is_no_secret_where_its_object_is_one(part: bool) -> None:
    """Nothing marks it by itself: then more would be marked than the engine marks in one plan."""
    value = Derived((ref("b", "pw"),), {"hunter2": ref("a"), "plain": "x"})
    found = writer(finds_secret=finds, no_blocks=True)
    text = str(found.value(Expr(("${keys(", value, ")}")) if part else value, "x"))
    assert "hunter2" not in text
    assert list(found.private.values()) == ["hunter2"]
    assert list(found.secrets.values()) == ["x"]
    assert "hunter2" in writer(finds_secret=finds).value(value, "x"), "it may be the name of an argument"


def test_no_name_of_a_variable_depends_on_a_key_with_a_secret_in_it() -> None:
    """It would be a digest of the secret."""
    names: set[str] = set()
    for secret in ("hunter2", "hunter21"):
        found = writer(finds_secret=finds)
        found.value(known({secret: ref("a"), "k": {secret: [ref("a"), "of hunter2"]}}, "a"), "x", whole=True)
        names |= found.private.keys()
    assert len(names) == 3


AT_AN_END: Any = {
    "local-exec": {"when": "destroy", "command": "x-hunter2", "environment": {"pw": known("hunter2", "a")}}
}


@pytest.mark.parametrize(
    ("name", "value", "stays"),
    [
        ("x", "x-hunter2", True),
        ("x", known("x-hunter2", "a"), False),
        ("connection", known({"password": "x-hunter2"}, "a"), True),
        ("provisioner", known([AT_AN_END], "a"), True),
        ("provisioner", [{"local-exec": {"when": "destroy", "command": "hunter2" * values.LONG}}], True),
        ("provisioner", known([{"file": {"content": "x-hunter2"}}], "a"), False),
        ("provisioner", known([{"file": {"when": "hunter2"}}], "a"), True),
        ("provisioner", known([{"file": {"on_failure": "hunter2"}}], "a"), True),
        ("dynamic", known({"rule": {"iterator": "hunter2"}}, "a"), True),
        ("dynamic", known({"rule": {"for_each": ["hunter2"], "content": {"x": "hunter2"}}}, "a"), False),
        ("provisioner", known([{"file": {"connection": {"password": "x-hunter2"}}}], "a"), True),
    ],
    ids=[
        "of the flake",
        "computed",
        "connection",
        "at its end",
        "long",
        "provisioner",
        "when it runs",
        "if it fails",
        "the name of an element",
        "dynamic blocks",
        "connection of a provisioner",
    ],
)
def test_where_no_variable_can_stand_and_what_is_public_stay_as_they_are(name: str, value: Any, stays: bool) -> None:
    found = writer(finds_secret=finds)
    body = found.body({name: value}, "t", BlockSchema({}))
    assert ("hunter2" in str(body)) is stays
    assert (found.private == {}) is stays
    assert found.texts == {}
    # What is called so in an attribute, or in a module's arguments, is no block.
    assert "hunter2" not in str(found.body({name: known("hunter2", "a")}, "t", None, blocks=False))
    early = writer(finds_secret=finds, texts=None)
    assert "var." not in str(early.body({name: value}, "t", BlockSchema({})))
