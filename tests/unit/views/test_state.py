from __future__ import annotations

import json
from decimal import Decimal

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.tofu.raw_state import RawOutput
from nivis_tofu.views import state
from nivis_tofu.views.human import Style

PLAIN = Style()
OUTPUTS = {"b": RawOutput("secret", "string", True), "a": RawOutput(None, "dynamic", False)}


def test_ids_or_none() -> None:
    assert state.ids(["t.x.a", "t.x.b\n"]).text(PLAIN) == "t.x.a\nt.x.b\\n\n"
    assert state.ids([]).text(PLAIN) == "No resources in state.\n"
    assert json.loads(state.ids(["a"]).document()) == {"version": 1, "resources": ["a"]}


@pytest.mark.parametrize("secrets", [False, True])
def test_secret_attributes_are_hidden_in_text_and_document(secrets: bool) -> None:
    page = state.attributes(({"z": "q", "a": {"k": "hush"}}, (("a", "k"),)), secrets=secrets)
    shown = "hush" if secrets else "(sensitive)"
    assert page.text(PLAIN) == f" a = map[k:{shown}]\n z = q\n"
    assert json.loads(page.document())["attributes"]["a"] == {"k": shown}


def test_outputs_are_listed_without_secrets_and_documented_with_them() -> None:
    page = state.outputs(OUTPUTS, secrets=False)
    assert page.text(PLAIN) == "a = <nil>\nb = (sensitive)\n"
    assert json.loads(page.document())["b"] == {"sensitive": True, "type": "string", "value": "secret"}
    assert state.outputs(OUTPUTS, secrets=True).text(PLAIN) == "a = <nil>\nb = secret\n"
    assert state.outputs({}, secrets=False).text(PLAIN) == "No outputs declared.\n"


def test_one_output() -> None:
    assert state.output("n", Decimal("1000000"), raw=False).text(PLAIN) == "1000000\n"
    assert state.output("n", "x\x1b", raw=True).text(PLAIN) == "x\x1b"
    assert state.output("n", [1], raw=False).document() == "[1]"


@pytest.mark.parametrize(("value", "kind"), [([1], "a list"), ({}, "a map or an object"), (None, "null")])
def test_only_what_is_a_text_has_a_raw_form(value: object, kind: str) -> None:
    with pytest.raises(NivisError, match="No raw form of this output") as problem:
        state.output("n", value, raw=True)
    assert kind in problem.value.diagnostics[0].detail


def test_the_whole_is_a_block_each() -> None:
    text = state.whole({"t.x.a": ({"k": 1}, ())}, OUTPUTS, secrets=False)
    assert text(PLAIN) == "t.x.a\n k = 1\n\nOutputs\n a = <nil>\n b = (sensitive)\n"
    assert state.whole({}, {}, secrets=False)(PLAIN) == "No resources in state.\n"
    assert state.engine({"values": {}}, text).document() == '{\n  "values": {}\n}'
