"""What to do about a message of Nix's; the words are those of several versions."""

from __future__ import annotations

import pytest

from nivis_tofu.nix.hints import Surroundings, for_name, hint
from nivis_tofu.nix.module_errors import UNKNOWN_VALUE

FLAKE = (
    "{ pkgs, lib, ... }: "
    'hosts = { web = 1; }; bucket = lib.mkResource { name = "b"; }; env = import ./env.nix; region = 1;'
)


@pytest.mark.parametrize(
    ("message", "row", "said"),
    [
        ("undefined variable 'bukcet'", "", "Did you mean `bucket`?"),
        ("undefined variable 'lib'", "", "Bind the library first"),
        ("undefined variable 'qqqqq'", "", ""),
        ("attribute 'mkResorce' missing", "x = lib.mkResorce { };", "Did you mean `mkResource`?"),
        ("attribute 'qqqq' missing", "x = lib.qqqq { };", "no such function"),
        ("attribute 'wbe' missing", "x = hosts.wbe;", "Did you mean `web`?"),
        ("attribute 'arn' missing", "x = bucket.arn;", 'refer to its attribute: `bucket.refAttr "arn"`'),
        ("attribute 'x' missing\nDid you mean y?", "", ""),
        ("infinite recursion encountered", "", "computed from itself"),
        ("stack overflow; max-call-depth exceeded", "", "computed from itself"),
        ("cannot coerce an integer to a string", "", "toString n"),
        ("cannot coerce an integer to a string: 80", "", "toString n"),
        ("cannot add a string to an integer", "", "toString n"),
        ("cannot coerce a set to a string: { a = 1; }", "", "lib.derived"),
        ("value is a set while a list was expected", "", "lib.whenKnown"),
        ("expected a list but found a set: { }", "", "lib.whenKnown"),
        ("value is a set while a Boolean was expected", "", "lib.derived"),
        ("value is a set while an integer was expected", "", "lib.derived"),
        ("expected a Boolean but found a set: { }", "", "lib.derived"),
        ("expected an integer but found a set: { }", "", "lib.derived"),
        ("cannot compare a set with a string", "", "lib.derived"),
        ("value is a function while a set was expected", "", "lacks an argument"),
        ("expected a set but found a function: «lambda @ x»", "", "lacks an argument"),
        ("attempt to call something which is not a function but a set", "", "an argument too many"),
        ("syntax error, unexpected INHERIT, expecting ';'", "", "A `;`"),
        ("syntax error, unexpected ',', expecting ';'", "", "no comma"),
        ("syntax error, unexpected ','", "", "no comma"),
        ("syntax error, unexpected ':', expecting '.' or '='", "", "set with `=`"),
        ("syntax error, unexpected ':', expecting ';'", "", "names in braces"),
        ("syntax error, unexpected invalid token, expecting ';'", "", "double quotes"),
        ("syntax error, unexpected ';', expecting ELSE", "", "an `else`"),
        ("syntax error, unexpected ';', expecting 'else'", "", "an `else`"),
        ("syntax error, unexpected ASSERT, expecting ID or OR_KW", "", "needs quotes"),
        ("syntax error, unexpected 'with', expecting identifier", "", "needs quotes"),
        ("value is a list while a set was expected", "", "builtins.head"),
        ("expected a set but found a list: [ ]", "", "builtins.head"),
        ("attribute 'p.t.a' missing", 'x = ledger.outputs."p.t.a".id;', "Before the first run"),
        ("attribute 'zone' missing", "x = ledger.vars.zone;", "`ledger.vars.zone or value`"),
        ("attribute 'toUpper' missing", "x = builtins.toUpper x;", "no such builtin"),
        ("attribute 'strings' missing", "x = lib.strings.toUpper x;", "nixpkgs"),
        ("attribute 'regoin' missing", "x = env.regoin;", "Did you mean `region`?"),
        ("undefined variable 'var'", "", "lib.mkVars"),
        ("syntax error, unexpected end of file", "", "closing bracket"),
        ("syntax error, unexpected ')'", "", "bracket too many"),
        ("assertion '(1 == 2)' failed", "", "asserts this itself"),
        ("access to absolute path '/etc/x' is forbidden in restricted mode", "", "belongs to the flake"),
        ("getting status of '/nix/store/abc1-source': No such file or directory", "", "nivis gen"),
        ("path '//nix/store/abc1-source' does not exist", "", "nivis gen"),
        ("getting status of '/x': No such file or directory", "", "Check the path"),
        ("path '/x' does not exist", "", "Check the path"),
        ("'f' at x called without required argument 'a'", "", "Pass the argument"),
        ("function 'f' called with unexpected argument 'a'", "", "Remove the argument"),
        ("unable to download 'https://x'", "", "cannot be fetched"),
        (f"A definition for option `x' is not of type `string'. In `a':\n <{UNKNOWN_VALUE}>", "", "nivis.types.orRef"),
        ("A definition for option `x' is not of type `string'. In `a': 1", "", ""),
        ("The option `resorce' does not exist. Definition values:", "", "Declare it under `options`"),
        ("The option `x' has conflicting definition values:\n- In `a': assertion failed", "", ""),
        ("attribute 'pkgs' missing", "", "A module takes `pkgs`, which nobody gives it"),
        ("attribute 'wbe' missing", "x = config.wbe;", "Did you mean `web`?"),
        ("my own words", "", ""),
    ],
)
def test_hints(message: str, row: str, said: str) -> None:
    found = hint(message, row, Surroundings(["mkResource", "mkData"], lambda: FLAKE))
    assert said in found
    assert bool(found) == bool(said)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x = bucket.arnn;", 'Did you mean `bucket.refAttr "arn"`?'),
        ("x = other.arnn;", 'Did you mean `other.refAttr "arn"`?'),
        ("x = mystery.arnn;", 'If `mystery` is a resource, refer to its attribute: `mystery.refAttr "arnn"`.'),
        ("x = bucket.qqqqqqq;", 'If `bucket` is a resource, refer to its attribute: `bucket.refAttr "qqqqqqq"`.'),
    ],
)
def test_outputs_of_what_a_constructor_made(row: str, said: str) -> None:
    flake = 'bucket = aws.aws_s3_bucket "b" { }; other = inputs.aws.aws_s3_bucket { name = "o"; };'
    known = {"aws_s3_bucket": ["arn", "bucket", "id"]}
    around = Surroundings([], lambda: flake, lambda type_: known.get(type_, []))
    assert hint(f"attribute '{row.split('.')[1].rstrip(';')}' missing", row, around) == said


def test_our_own_errors_say_what_to_do_unless_a_name_is_mistyped() -> None:
    assert for_name({"name": "nmae", "known": ["name", "type"]}) == "Did you mean `name`?"
    assert for_name({"name": "qqqq", "known": ["name", "type"]}) == ""
    assert for_name({}) == ""
