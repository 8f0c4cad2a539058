"""What nixpkgs' module system says: no inside of a value is shown, and the definition's place is found."""

from __future__ import annotations

import pytest

from nivis_tofu.core.diagnostics import Position
from nivis_tofu.nix.module_errors import UNKNOWN_VALUE, place, told

CUT = """A definition for option `x' is not of type `string'. Definition values:
- In `/p/app.nix':
    {
      __nivis = <function>;
      __toString = <function>;
      path = [
        "hush"
    ...
- In `/p/b.nix': 3
"""
WITHIN = """- In `/p/b.nix':
    {
      a = {
        __nivis = <function>;
        deep = {
          r = "hush";
        };
        value = "hush";
      };
      b = [
        {
          __nivis = <function>;
          value = "hush";
        }
      ];
    }
"""


def test_nothing_of_a_value_is_shown() -> None:
    assert told(CUT) == (
        "A definition for option `x' is not of type `string'. Definition values:\n"
        f"- In `/p/app.nix':\n    <{UNKNOWN_VALUE}>\n- In `/p/b.nix': 3\n"
    )
    assert told(WITHIN) == (
        f"- In `/p/b.nix':\n    {{\n      a = <{UNKNOWN_VALUE}>;\n      b = [\n        <{UNKNOWN_VALUE}>\n      ];\n    }}\n"
    )


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ('expected a list but found a set: { __nivis = «thunk»; value = "hush"; }', "found a set: <@>"),
        ('set: { __nivis = «thunk»; v = { a = "} {"; b = [ { } ]; }; w = "\\"}"; }; then', "set: <@>; then"),
        ('[ { __nivis = «thunk»; } { __nivis = 1; value = "hush"; } ] end', "[ <@> <@> ] end"),
        ('cut off: { __nivis = «thunk»; value = "hush\nnext line', "cut off: <@>\nnext line"),
        ("{ nivis = 1; }", "{ nivis = 1; }"),
    ],
)
def test_what_nix_itself_prints(message: str, shown: str) -> None:
    assert told(message).endswith(shown.replace("@", UNKNOWN_VALUE))
    assert "hush" not in told(message)


def test_other_messages_stay_as_they_are() -> None:
    assert told("a {\n b = 1;\n}") == "a {\n b = 1;\n}"


FILES = {
    "app.nix": "{\n  options.net.cidr = 1;\n  # cidr = 2\n  net = { cidr = 5; };\n}\n",
    "b.nix": '{ resource."odd.name".x = 1; }',
}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("The option `net.cidr' has conflicting definition values:\n- In `app.nix': 5", Position("app.nix", 4, 11)),
        ("The option `net.other' does not exist. Definition values:\n- In `app.nix': 5", Position("app.nix", 4, 3)),
        ("A definition for option `net.\"[definition 1-entry 1]\"' is … - In `app.nix': 5", Position("app.nix", 4, 3)),
        ("The option `a.y' … - In `gone.nix': 1\n- In `b.nix': 1", None),
        ("The option `a.\"odd.name\"' … - In `gone.nix': 1\n- In `b.nix': 1", Position("b.nix", 1, 12)),
        ("undefined variable 'x' in `app.nix'", None),
    ],
)
def test_the_place_of_a_definition(message: str, expected: Position | None) -> None:
    assert place(message, lambda file: FILES.get(file, "")) == expected
