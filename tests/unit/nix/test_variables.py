"""Where variables come from, and what the kinds of files mean."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.nix.variables import MARK, Watch, collect, hint, malformed, missing, read_file


def read(tmp_path: Path, name: str, text: str) -> dict[str, Any]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_file(path)


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
    text = "error: nivis.mkVars: required variable 'zone' is not set (declare a default or pass --var zone=...)"
    assert missing(text) == "zone"
    assert missing("error: attribute 'zone' missing") == ""
    assert "NIVIS_VAR_zone" in hint(text, {})
    wrong = "error: nivis.mkVars: variable 'n' expects type 'int', got 'x'"
    assert "`n` comes from --var. Later ones win: NIVIS_VAR_x < nivis.auto.*" in hint(wrong, {"n": "--var"})
    assert hint(wrong, {}) == ""


READING = """error: [json.exception.parse_error.101] parse error - last read: '"s3cret'

       at /nix/store/x/vars.nix:34:80:

           34|   addErrorContext "while reading variable '${name}' as JSON of type ${type}" (fromJSON v);

       … while reading variable 'tags' as JSON of type attrs
"""


def test_malformed_json_is_told_without_the_value() -> None:
    found = malformed(READING)
    assert found
    assert found.summary == "A variable is not valid JSON"
    assert "the variable 'tags' is not JSON, which the type attrs takes." in found.detail
    assert "s3cret" not in f"{found}"
    told = hint(found.detail, {"tags": "--var-file a.yaml"})
    assert """`--var 'tags={"key": "value"}'`. The value of `tags` comes from --var-file a.yaml. Later""" in told
    older = malformed(READING.replace(" of type attrs", ""))
    assert older
    assert """'tags=["a", "b"]'` or `--var 'tags={"key": "value"}'`.""" in hint(older.detail, {})
    assert malformed(READING.replace("… while", "… when")) is None


def test_a_wrong_type_that_takes_json() -> None:
    wrong = "error: nivis.mkVars: variable 'zones' expects type 'list', got 'a,b'"
    assert hint(wrong, {}) == """Variables of type list and attrs take JSON, as in `--var 'zones=["a", "b"]'`."""


ORIGIN = {
    "zone": "--var",
    "size": "--var-file f.json, over NIVIS_VAR_size",
    "env": "NIVIS_VAR_env",
    "x": "nivis.auto.json",
}
READ_ALL = f'{MARK}["plan"]\n{MARK}["vars","zone"]\n{MARK}["vars","size"]\n'
WHOLE = {"resources": [{"id": "p.t.a", "config": {"v": {"__derived": {"refs": [], "value": 1}}}}]}


def watched(stderr: str, document: Any = None, outputs: Any = None) -> Watch:
    watch = Watch(ORIGIN)
    watch.learn(stderr, WHOLE if document is None else document, {"outputs": outputs or {}})
    return watch


def test_what_nothing_read_is_told_once() -> None:
    watch = watched(f'{MARK}["plan"]\ntrace: mine\n')
    found = watch.warning()
    assert found
    assert (found.summary, found.severity) == ("Variables were not used", "warning")
    assert "`size` (from --var-file f.json, over NIVIS_VAR_size), `zone` (from --var)." in found.detail
    assert watch.warning() is None
    assert not watch.unread
    one = watched(f'{MARK}["plan"]\n{MARK}["vars","zone"]').warning()
    assert one
    assert one.summary == "A variable was not used"
    assert "zone" not in one.detail


def test_what_was_read_in_an_earlier_evaluation_is_known() -> None:
    watch = watched(f'{MARK}["plan"]\n{MARK}["vars","zone"]', {"pending": [{"name": "g"}]})
    watch.learn(f'{MARK}["plan"]\n{MARK}["vars","size"]', WHOLE, {"outputs": {}})
    assert watch.warning() is None


@pytest.mark.parametrize(
    ("stderr", "document", "outputs"),
    [
        (READ_ALL, WHOLE, None),
        # Nix tells no traces, or more of them than are kept.
        ("", WHOLE, None),
        (f'{MARK}["plan"]\n… 17 bytes left out …\n', WHOLE, None),
        # Something is to be computed yet.
        (f'{MARK}["plan"]', {**WHOLE, "pending": [{"name": "g"}]}, None),
        (f'{MARK}["plan"]', {"outputs": {"o": {"value": [{"__derived": {"refs": []}}]}}}, None),
        # A flake that looks at outputs by itself, and there are none yet.
        (f'{MARK}["plan"]\n{MARK}["outputs"]', WHOLE, {"p.t.b": {}}),
        (f'{MARK}["plan"]', "not an IR", None),
    ],
)
def test_no_warning_where_something_may_be_read_yet(stderr: str, document: Any, outputs: Any) -> None:
    assert watched(stderr, document, outputs).warning() is None


def test_a_flake_that_has_looked_at_all_outputs() -> None:
    assert watched(f'{MARK}["plan"]\n{MARK}["outputs"]', WHOLE, {"p.t.a": {}}).warning()


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


@pytest.mark.parametrize("name", ["v.json", "v.tfvars.json"])
def test_json_keeps_every_digit(name: str, tmp_path: Path) -> None:
    text = '{"big": 123456789012345678901234567890, "fraction": 2.50}'
    assert read(tmp_path, name, text) == {"big": 123456789012345678901234567890, "fraction": Decimal("2.50")}


def test_yaml(tmp_path: Path) -> None:
    text = "day: 2024-01-01\nn: 1.5\nnested: {1: [true, null]}\ntext: |\n  a\n  b\n"
    expected = {"day": "2024-01-01", "n": Decimal("1.5"), "nested": {"1": [True, None]}, "text": "a\nb\n"}
    assert read(tmp_path, "v.yml", text) == expected
    assert read(tmp_path, "empty.yaml", "") == {}


def test_tfvars(tmp_path: Path) -> None:
    text = """
# a comment
s = "line\\n$${y} %%{z} \\"q\\" \\\\ \\u00e9"
n = -5
e = 1e3
f = 2.5
big = 123456789012345678901234567890
l = [1, "z", true, null]
m = { k = "v", "odd key" = { x = "" } }
h = <<EOT
plain \\n
  $${x}
EOT
i = <<-EOT
    two
      four
  EOT
"""
    assert read(tmp_path, "v.tfvars", text) == {
        "s": 'line\n${y} %{z} "q" \\ é',
        "n": -5,
        "e": Decimal(1000),
        "f": Decimal("2.5"),
        "big": 123456789012345678901234567890,
        "l": [1, "z", True, None],
        "m": {"k": "v", "odd key": {"x": ""}},
        "h": "plain \\n\n  ${x}\n",
        "i": "two\n  four\n",
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("v.json", "{"),
        ("v.json", "[1]"),
        ("v.yaml", "a: [1"),
        ("v.yaml", "a: .nan"),
        ("v.yaml", "a: !!python/object:os.system x"),
        ("v.tfvars", 'a = "${b}"'),
        ("v.tfvars", "a = var.b"),
        ("v.tfvars", "a = 1 + 2"),
        ("v.tfvars", "a = "),
    ],
)
def test_malformed(name: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(NivisError, match="A variable file is malformed") as error:
        read(tmp_path, name, text)
    assert name in error.value.diagnostics[0].detail


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(NivisError, match="cannot be read"):
        read_file(tmp_path / "none.json")
    (tmp_path / "latin.json").write_bytes(b'"\xe9"')
    with pytest.raises(NivisError, match="cannot be read"):
        read_file(tmp_path / "latin.json")
    with pytest.raises(NivisError, match="Unknown kind of variable file"):
        read(tmp_path, "v.toml", "a = 1")
