"""A flake guessed from a state: what somebody must have written, and what a plan corrects."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.authoring.from_state import Guess
from nivis_tofu.core.outcome import Attribute, Line
from nivis_tofu.ir.schema import BlockSchema
from tests.support.situation import SOURCE, state, thing

RULE = {"attributes": {"port": {"type": "number", "optional": True}, "seen": {"type": "string", "computed": True}}}
SCHEMA = BlockSchema(
    {
        "attributes": {
            "id": {"type": "string", "computed": True},
            "must": {"type": "string", "required": True},
            "may": {"type": "string", "optional": True},
            "both": {"type": "string", "optional": True, "computed": True},
            "old": {"type": "string", "optional": True, "deprecated": True},
            "pw": {"type": "string", "optional": True, "sensitive": True},
            "list": {"type": ["list", "string"], "optional": True},
        },
        "block_types": {"rule": {"nesting_mode": "list", "block": RULE}},
    }
)


def guess(*things: Any, **outputs: Any) -> Guess:
    return Guess(state(*things, outputs=outputs), lambda _: SCHEMA, {})


def flat(found: Guess) -> str:
    return " ".join(found.text().split())


@pytest.mark.parametrize(
    ("attributes", "config"),
    [
        ({"must": "x", "may": "y", "both": "z", "old": "w"}, 'may = "y"; must = "x";'),
        ({"may": "", "list": [], "must": None}, ""),
        ({"list": ["x", "y"]}, 'list = [ "x" "y" ];'),
        ({"rule": [{"port": 1, "seen": "now"}, {"port": 2}]}, "rule = [ { port = 1; } { port = 2; } ];"),
        ({"rule": [{"seen": "now"}]}, ""),
        ({"must": "${x}"}, 'must = "\\${x}";'),
    ],
)
def test_what_somebody_must_have_written(attributes: dict[str, Any], config: str) -> None:
    assert f"config = {{ {config} }};".replace("{  }", "{ }") in flat(guess(thing("a", **attributes)))


def test_a_value_of_what_it_depends_on_is_a_reference() -> None:
    text = flat(guess(thing("a", must="some text"), thing("b", "a", must="id-a", may="other", list=["id-a"])))
    assert 'must = a.refAttr "id";' in text
    assert 'list = [ (a.refAttr "id") ];' in text
    assert 'may = "other";' in text


@pytest.mark.parametrize(
    "b", [thing("b", must="id-a"), thing("b", "a", must="yes")], ids=["no dependency", "short by chance"]
)
def test_what_is_equal_by_chance_stays_text(b: Any) -> None:
    assert "refAttr" not in flat(guess(thing("a", may="yes"), b))


def test_a_secret_is_a_variable() -> None:
    found = guess(thing("a", pw="hunter2", sensitive=[("pw",)]))
    text = flat(found)
    assert "hunter2" not in text
    assert found.secrets == {"a_pw": "hunter2"}
    assert 'a_pw = { type = "any"; sensitive = true; };' in text
    assert "pw = vars.a_pw;" in text


def changed(name: str, after: Any, **more: Any) -> Line:
    return Line("update", "p.t.a", address="t.a", attributes=(Attribute((name,), "update", "x", after, **more),))


def test_a_plan_corrects_what_was_guessed() -> None:
    found = guess(thing("a", must="x", both="y"))
    assert found.learn([changed("both", None)]), "it would be taken away: it was written"
    assert 'both = "y";' in flat(found)
    assert found.learn([changed("must", "z")]), "another value comes of it: it was not"
    assert "must" not in flat(found)
    assert not found.learn([changed("both", None), changed("must", "z")])
    assert not found.learn([changed("id", None, known_after=1, computed=True)]), "what the provider decides anew"


def test_outputs_refer_to_what_they_show() -> None:
    text = flat(guess(thing("a", must="some text"), shown="some text", plain="other", number=3, short="x"))
    assert 'shown = a.refAttr "must";' in text
    assert 'plain = "other";' in text
    assert "number = 3;" in text


def test_instances_and_modules_are_told_apart() -> None:
    found = guess(thing("a"), thing("t.many[0]"), thing("module.m.t.x"))
    assert list(found.objects) == ["t.a"]
    assert found.apart == ["module.m.t.x", "t.many[0]"]


def test_providers_come_from_the_state_even_where_nothing_is_declared_yet() -> None:
    found = guess(thing("a", must="x"), thing("b", provider="q"))
    for text in (flat(found), " ".join(found.providers_only().split())):
        assert f'p = lib.mkProvider {{ source = "{SOURCE}p"; }};' in text
        assert f'q = lib.mkProvider {{ source = "{SOURCE}q"; }};' in text
    assert "mkResource" not in found.providers_only()


def test_without_a_schema_nothing_is_guessed() -> None:
    found = Guess(state(thing("a", must="x")), lambda _: None, {"type": "s3"})
    assert "config = { };" in flat(found)
    assert 'backend = { type = "s3"; };' in flat(found)
