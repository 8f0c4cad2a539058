"""From a generated file's line to the flake's."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic, Position
from nivis_tofu.ir import decode
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.positions import Translator, at_home, json_path

MODULE = {
    "output": {"o": {"value": "${nosuch.thing}"}},
    "provider": {"p": [{"region": "x"}, {"region": "y", "alias": "second"}]},
    "resource": {"t": {"a": {"input": {"deep": [1, {"k": "v: {"}]}, "name": "n"}}},
}


def lines_of(value: object) -> list[str]:
    return json_text.dumps(value, indent=2).splitlines()


def path_at(fragment: str, value: object = MODULE) -> tuple[str | int, ...]:
    lines = lines_of(value)
    [number] = [i for i, line in enumerate(lines, 1) if fragment in line]
    return json_path("\n".join(lines), number)


def test_lines_have_paths() -> None:
    assert path_at('"region": "x"') == ("provider", "p", 0, "region")
    assert path_at('"k"') == ("resource", "t", "a", "input", "deep", 1, "k")
    assert path_at('"name"') == ("resource", "t", "a", "name")
    assert path_at('"a": {') == ("resource", "t", "a")
    assert path_at("  1,") == ("resource", "t", "a", "input", "deep", 0)


KEYS = st.text(min_size=1, max_size=4)


@given(st.dictionaries(KEYS, st.dictionaries(KEYS, st.text(max_size=6) | st.integers(), max_size=3), max_size=3))
def test_every_key_is_found_on_its_line(value: dict[str, dict[str, object]]) -> None:
    text = json_text.dumps(value, indent=2)
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("    "):
            outer, inner = json_path(text, number)
            assert str(inner) in value[str(outer)]
            assert line.strip().startswith(json_text.dumps(inner, indent=2) + ":")


def test_files_are_named_as_the_user_knows_them(tmp_path: Path) -> None:
    project = tmp_path / "infra"
    (project / "lib").mkdir(parents=True)
    for name in ("infra/flake.nix", "infra/lib/x.nix", "shared.nix"):
        (tmp_path / name).write_text("")

    def file(path: str) -> str:
        return at_home(Position(path, 3, 7), tmp_path, project).file

    assert file("/nix/store/abc-source/infra/flake.nix") == "flake.nix"
    assert file("/nix/store/abc-source/infra/lib/x.nix") == "lib/x.nix"
    assert file("/nix/store/abc-source/shared.nix") == str(tmp_path / "shared.nix")
    assert file(f"{project}/.nivis/flake/lib/x.nix") == "lib/x.nix"
    assert file("/nix/store/abc-other/elsewhere.nix") == "/nix/store/abc-other/elsewhere.nix"


def test_diagnostics_are_about_the_flake(tmp_path: Path) -> None:
    (tmp_path / "flake.nix").write_text("{\n  input = secret;\n}\n")
    work = tmp_path / "work"
    work.mkdir()
    (work / "main.tf.json").write_text("\n".join(lines_of(MODULE)))
    store = "/nix/store/abc-source/flake.nix"
    pos = {"input": {"file": store, "line": 2, "column": 3}, "": {"file": store, "line": 1, "column": 1}}
    ir = decode.decode(
        {
            "schemaVersion": 1,
            "providers": {"p": {"source": "x/p", "config": {}}, "second": {"source": "x/p", "config": {"region": "y"}}},
            "outputs": {"o": {"value": 1}},
            "positions": {
                "provider.second": {"region": {"file": store, "line": 2, "column": 9}},
                "output.o": {"": {"file": store, "line": 3, "column": 1}},
            },
            "resources": [
                {"id": "p.t.a", "provider": "p", "type": "t", "name": "a", "config": {"input": 1}, "pos": pos}
            ],
            "edges": [],
            "nixConsumers": [],
        }
    )
    translate = Translator(ir, tmp_path, tmp_path, lambda text: text.replace("secret", "***"))

    def told(fragment: str, address: str = "") -> Diagnostic:
        number = next(i for i, line in enumerate(lines_of(MODULE), 1) if fragment in line)
        place = Position("main.tf.json", number, 5)
        return translate(Diagnostic("Bad", address=address, position=place, snippet="generated"), work / "main.tf.json")

    found = told('"k"', "t.a[0]")
    assert (found.address, found.attribute, str(found.position)) == ("p.t.a[0]", "input.deep[1].k", "flake.nix:2:3")
    assert found.snippet == "1 | {\n2 |   input = ***;\n  |   ^\n3 | }"
    # An attribute that the flake does not hold at a place of its own: that of the resource.
    assert str(told('"name"').position) == "flake.nix:1:1"
    provider = told('"region": "x"')
    assert (provider.address, provider.attribute, provider.position) == ("provider.p", "region", None)
    second = told('"region": "y"')
    assert (second.address, str(second.position)) == ("provider.second", "flake.nix:2:9")
    assert str(told('"o"').position) == "flake.nix:3:1"
    # What nivis itself says of a resource, an instance of it, or a provider, gets its place too.
    for address, place in (("p.t.a", "1:1"), ("t.a[0]", "1:1"), ("output.o", "3:1")):
        assert str(translate.locate(Diagnostic("Bad", address=address)).position) == f"flake.nix:{place}"
    assert translate.locate(Diagnostic("Bad", address="p.t.gone")).position is None
    elsewhere = Diagnostic("Bad", address="t.a", position=Position("modules/x/main.tf", 1))
    assert translate(elsewhere, None).position == elsewhere.position
    assert translate(elsewhere, None).address == "p.t.a"


TWO = '{\n  "output": { "y": { "valu": 1 }, "z": { "value": 2 } }\n}\n'


@pytest.mark.parametrize(
    ("file", "text", "place", "quoted", "position", "caret"),
    [
        ("main.tf", "one\ntwo x\nthree\n", (2, 5), "two x", "main.tf:2:5", "    ^"),
        ("main.tf", "one\ntwo\n", (2, 1), "other", "main.tf:2:1", None),
        ("main.tf.json", TWO, (5, 9), '"valu": 1', "main.tf.json:2:22", "                     ^"),
        ("main.tf.json", TWO, (5, 9), '"valu": 1,', "main.tf.json:2:22", "                     ^"),
        # Nothing tells which of two it is, or where a bracket is.
        ("main.tf.json", TWO, (7, 7), "}", None, None),
        ("gone.tf", None, (2, 5), "two", "gone.tf:2:5", None),
    ],
)
def test_a_place_in_a_file_of_the_users(
    tmp_path: Path,
    file: str,
    text: str | None,
    place: tuple[int, int],
    quoted: str,
    position: str | None,
    caret: str | None,
) -> None:
    if text is not None:
        (tmp_path / file).write_text(text)
    snippet = f"{place[0]} | {quoted}\n  | ^"
    found = Translator(IR({}, {}, {}), tmp_path, tmp_path)(
        Diagnostic("No", position=Position(file, *place), snippet=snippet), None
    )
    assert (str(found.position) if found.position else None) == position
    if position is None:
        assert (found.address, found.snippet) == (file, "")
    elif caret is None:
        assert found.snippet == snippet
    else:
        assert f"\n  | {caret}\n" in found.snippet
