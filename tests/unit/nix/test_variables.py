"""Where variables come from, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.core.errors import NivisError, VariableFault
from nivis_tofu.nix.trace import TraceStep
from nivis_tofu.nix.variables import collect, fault, hint, unreadable


def test_precedence_and_origin(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text('{"b": 1, "c": 1, "d": 1}')
    (tmp_path / "two.yaml").write_text("c: 2\nd: 2\n")
    env = {"NIVIS_VAR_a": "e", "NIVIS_VAR_b": "e", "NIVIS_VAR_": "x", "OTHER": "x"}
    values, origin = collect(env, ["one.json", "two.yaml"], ["d=f=g", "e="], tmp_path)
    assert values == {"a": "e", "b": 1, "c": 2, "d": "f=g", "e": ""}
    assert origin == {
        "a": "NIVIS_VAR_a",
        "b": "--var-file one.json, over NIVIS_VAR_b",
        "c": "--var-file two.yaml, over --var-file one.json",
        "d": "--var, over --var-file two.yaml, over --var-file one.json",
        "e": "--var",
    }


def test_automatic_files_come_between_environment_and_files(tmp_path: Path) -> None:
    (tmp_path / "nivis.auto.json").write_text('{"a": 1, "b": 1}')
    (tmp_path / "nivis.auto.tfvars").write_text("b = 2\nc = 2\n")
    (tmp_path / "nivis.auto.json~").write_text("an editor's copy")
    (tmp_path / "f.json").write_text('{"c": 3}')
    values, origin = collect({"NIVIS_VAR_a": "e"}, ["f.json"], [], tmp_path)
    assert values == {"a": 1, "b": 2, "c": 3}
    assert origin["a"] == "nivis.auto.json, over NIVIS_VAR_a"
    assert origin["b"] == "nivis.auto.tfvars, over nivis.auto.json"
    assert origin["c"] == "--var-file f.json, over nivis.auto.tfvars"


def test_hints() -> None:
    assert "NIVIS_VAR_zone" in hint(VariableFault("missing", "zone", "str"), {})
    near = hint(VariableFault("missing", "zone", "str"), {"zome": "--var", "zonf": "NIVIS_VAR_zonf"})
    assert near == "`zome` (from --var) is given, and no `zone`: did you mean `zone`?"
    wrong = VariableFault("refused", "n", "int")
    assert "`n` comes from --var. Later ones win: NIVIS_VAR_x < nivis.auto.*" in hint(wrong, {"n": "--var"})
    assert hint(wrong, {}) == ""


def test_a_fault_is_told_by_a_tag_and_never_by_a_sentence() -> None:
    said = "nivis.mkVars: required variable 'zone' is not set (declare a default or pass --var zone=...)"
    assert fault([TraceStep(said), TraceStep("while evaluating x")]) is None
    tagged = [
        TraceStep("while calling x"),
        TraceStep("", tag=("variable", "missing", """a 'b' "c""", "str")),
        TraceStep("", tag=("variable", "refused", "d", "int")),
    ]
    assert fault(tagged) == VariableFault("missing", """a 'b' "c""", "str")


def test_json_that_cannot_be_read_is_told_without_the_value() -> None:
    found = fault([TraceStep("while calling x"), TraceStep("", tag=("variable", "unreadable", "tags", "attrs"))])
    assert found == VariableFault("unreadable", "tags", "attrs")
    told = unreadable(found)
    assert told.fault == found
    assert "the variable 'tags' is not JSON, which the type attrs takes." in told.diagnostics[0].detail
    todo = hint(found, {"tags": "--var-file a.yaml"})
    assert """`--var 'tags={"key": "value"}'`. The value of `tags` comes from --var-file a.yaml. Later""" in todo


def test_a_library_without_the_tag_shows_no_value_either() -> None:
    older = fault([TraceStep("while reading variable 'tags' as JSON")])
    assert older == VariableFault("unreadable", "tags", "")
    assert """'tags=["a", "b"]'` or `--var 'tags={"key": "value"}'`.""" in hint(older, {})


def test_a_wrong_type_that_takes_json() -> None:
    wrong = VariableFault("refused", "zones", "list")
    assert hint(wrong, {}) == """Variables of type list and attrs take JSON, as in `--var 'zones=["a", "b"]'`."""


@pytest.mark.parametrize("flag", ["s =hush", " s=hush", "s\t=hush"])
def test_a_name_with_white_space(flag: str, tmp_path: Path) -> None:
    with pytest.raises(NivisError, match="Malformed --var") as refused:
        collect({}, [], [flag], tmp_path)
    told = f"{refused.value.diagnostics[0]}"
    assert "white space around it" in told
    assert "Write `--var 's=…'`" in told
    assert "hush" not in told
    assert collect({}, [], ["s= x "], tmp_path)[0] == {"s": " x "}


@pytest.mark.parametrize("flag", ["x", "=x", ""])
def test_a_flag_without_a_value(flag: str, tmp_path: Path) -> None:
    with pytest.raises(NivisError, match="Malformed --var"):
        collect({}, [], [flag], tmp_path)


def test_a_stack_has_files_of_its_own(tmp_path: Path) -> None:
    for name, text in {
        "nivis.auto.yaml": "a: all\nb: all",
        "nivis.auto.prod.json": '{"b": "prod"}',
        "nivis.auto.prod.yaml": "c: prod",
        "nivis.auto.dev.yaml": "b: dev\nd: dev",
        "nivis.auto.prod.eu.yaml": "b: other",
    }.items():
        (tmp_path / name).write_text(text)
    assert collect({}, [], [], tmp_path, "prod")[0] == {"a": "all", "b": "prod", "c": "prod"}
    assert collect({}, [], [], tmp_path, "test")[0] == {"a": "all", "b": "all"}
    assert collect({}, [], [], tmp_path)[0]["d"] == "dev"
