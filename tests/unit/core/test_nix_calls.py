"""Which function of the flake a place stands in, and where it is called."""

from __future__ import annotations

import pytest

from nivis_tofu.core import nix_calls

TEXT = """{
  outputs = { self, nivis }: let
    # store "comment" = x: y;
    store = name: input: nivis.lib.mkResource {
      inherit name; note = "a } ; ''${toString { a = "b"; }} name: x";
    };
    many = { prefix, count ? 2 }@args: let one = 1; in
      map (i: store "${prefix}" i) [ 1 ];
    lonely = x: x;
    data.store = name: name;
  in {
    nivis.plan = ledger: [ (store "a" 1) (store "b" { x = "a"; }) (many { prefix = "m"; }) lonely_ ];
    other = "store \"a\"";
  };
}
"""


def place(text: str) -> tuple[int, int]:
    return nix_calls.position(TEXT, TEXT.index(text))


@pytest.mark.parametrize(
    ("inside", "name"),
    [("inherit name; note", "store"), ("map (i:", "many"), ("x;\n    data", ""), ("(many {", "")],
)
def test_the_function_around_a_place(inside: str, name: str) -> None:
    found = nix_calls.helper(TEXT, *place(inside))
    assert (found.name if found else "") == name


def test_calls_by_an_argument() -> None:
    store = nix_calls.helper(TEXT, *place("inherit name; note"))
    many = nix_calls.helper(TEXT, *place("map (i:"))
    assert store
    assert many
    assert nix_calls.calls(TEXT, store, "a") == [place('store "a" 1'), place('store "b"')]
    assert nix_calls.calls(TEXT, store, "nothing") == []
    assert nix_calls.calls(TEXT, many, "whatever") == [place('many { prefix = "m"')], "its only call"


def test_code_keeps_lines_and_length() -> None:
    plain = nix_calls.code(TEXT)
    assert len(plain) == len(TEXT)
    assert plain.count("\n") == TEXT.count("\n")
    assert "comment" not in plain


@pytest.mark.parametrize("text", ["", '"', "''", '"${', "a = x: {", "/*", "a = b: ''x ${\"", "inherit"])
def test_what_is_no_nix(text: str) -> None:
    assert nix_calls.helper(text, 1, 1) is None
    assert len(nix_calls.code(text)) == len(text)


def test_what_is_inherited_is_no_call() -> None:
    assert nix_calls.helper("let input = x: x; in { inherit a input; }", 1, 14) is None


def test_what_is_escaped_ends_no_string() -> None:
    texts = [
        "''a''\\''b''",
        "''a'''b''",
        "''a''${b''",
        '"a\\"b"',
        '"a${"b}"}c"',
        "''a${''b}''}c''",
        '# a"',
        "/* a '' */",
    ]
    assert [nix_calls.code(f"{text}\nx == y") for text in texts] == [" " * len(text) + "\nx == y" for text in texts]
