"""Where a cursor (`|`) stands."""

from __future__ import annotations

import pytest

from nivis_tofu.editor.cursor import Cursor, find, made_by
from tests.support.source import ROOT


def cursor(text: str) -> Cursor | None:
    before, _, after = text.partition("|")
    return find(before + after, len(before))


def argument(type_: str, prefix: str = "", path: tuple[str, ...] = (), kind: str = "resource") -> Cursor:
    return Cursor("argument", prefix, kind, type_, path)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('b = aws.aws_s3_bucket "demo" { | };', argument("aws_s3_bucket")),
        ('b = aws.aws_s3_bucket "demo" { buck| };', argument("aws_s3_bucket", "buck")),
        ('b = aws.aws_s3_bucket "demo" {\n  # a comment { [\n  buck|', argument("aws_s3_bucket", "buck")),
        ("b = aws.aws_s3_bucket name { buck|", argument("aws_s3_bucket", "buck")),
        ('in aws_s3_bucket "demo" { buck|', argument("aws_s3_bucket", "buck")),
        ('[ (aws_s3_bucket "demo" { buck| }) ]', argument("aws_s3_bucket", "buck")),
        ('b = aws.data.aws_s3_bucket "demo" { b| };', argument("aws_s3_bucket", "b", kind="data")),
        ('aws.t "d" { rule = { po| }; }', argument("t", "po", ("rule",))),
        ('aws.t "d" { rule = [ { a = "}"; } { po| } ]; }', argument("t", "po", ("rule",))),
        ('aws.t "d" { rule.po| }', argument("t", "po", ("rule",))),
        ('aws.t "d" { rule.| }', argument("t", "", ("rule",))),
        ('aws.t "d" { a.b = rec { c = { d| }; }; }', argument("t", "d", ("a", "b", "c"))),
        ('aws.t { name = "d"; config = { po| }; }', argument("t", "po")),
        ('aws.t { name = "d"; config.rule = { po| }; }', argument("t", "po", ("rule",))),
        ('lib.mkResource { provider = "aws"; type = "t"; config = { po| }; }', argument("t", "po")),
        ('lib.mkResource { config = { po| }; type = "t"; }', argument("t", "po")),
        ('nivis.lib.mkData { type = "t"; name = "x"; config.rule.p| }', argument("t", "p", ("rule",), "data")),
        ("{ lib, ... }: { resource.t.a = { po| }; }", argument("t", "po")),
        ("{ config = lib.mkIf cfg.enable { resource.t.a.rule = { po| }; }; }", argument("t", "po", ("rule",))),
        ("{ data.t.a.po| }", argument("t", "po", kind="data")),
        ("{ resource.t.${name} = { po| }; }", None),
        ("{ resource = { t = { a = { po| }; }; }; }", argument("t", "po")),
        ("{ resource.aws_s3| }", Cursor("type", "aws_s3", owner="*")),
        ("{ config.data = { aws_s3| }; }", Cursor("type", "aws_s3", "data", owner="*")),
        ('x = config.resource.t.a.refAttr "ar|"', Cursor("output", "ar", type="t")),
        ('lib.mkResource { type = "t"; config.data.a = { po| }; }', argument("t", "po", ("data", "a"))),
        ('aws.t "d" { resource.a.b = { po| }; }', argument("t", "po", ("resource", "a", "b"))),
        ("aws.aws_s3_bu|", Cursor("type", "aws_s3_bu", owner="aws")),
        ("lib.aws.|", Cursor("type", "", owner="aws")),
        ("aws.data.aws_s3_bu|", Cursor("type", "aws_s3_bu", "data", owner="aws")),
        ('aws.t "d" { x = aws.ac|', Cursor("type", "ac", owner="aws")),
        ('lib.mkResource { type = "aws_s|"; }', Cursor("type", "aws_s")),
        ('b = aws.t "b" { }; c = b.refAttr "ar|"', Cursor("output", "ar", type="t")),
        ('b = aws.data.t "b" { }; c = b.refAttr "|', Cursor("output", "", "data", "t")),
    ],
)
def test_places(text: str, expected: Cursor | None) -> None:
    assert cursor(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "|",
        "{ inputs.nivis.url = |",
        'aws.t "d" { name = "po|"; }',
        'aws.t "d" { # po|',
        'aws.t "d" { name = |; }',
        'aws.t "d" { zones = [ | ]; }',
        'aws.t { name = "d"; | }',
        'lib.mkResource { type = "t"; | }',
        "lib.mkResource { config = { | }; }",
        'x.refAttr "|"',
        "{ a = 1; } |",
        "''${ |",
        "f (|",
        "]}) |",
    ],
)
def test_nothing_is_known_elsewhere(text: str) -> None:
    found = cursor(text)
    assert found is None or found.type not in ("t",)


def test_names_that_are_there_are_known() -> None:
    found = cursor('aws.t "d" { name = "x"; tags = { inner = 1; }; rule.port = 1; po|\n  later = [ { deep = 2; } ]; }')
    assert found is not None
    assert found.there == {"name", "tags", "rule", "later"}


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ('b = aws.aws_s3_bucket "b" { };', ("resource", "aws_s3_bucket")),
        ('b = aws_s3_bucket "b" { };', ("resource", "aws_s3_bucket")),
        ('b = aws.aws_s3_bucket { name = "b"; };', ("resource", "aws_s3_bucket")),
        ('b = lib.mkResource { config = { type = "no"; }; type = "t"; };', ("resource", "t")),
        ('b = lib.mkData { type = "t"; };', ("data", "t")),
        ("b = 1;", ("resource", "")),
        ('bb = aws.t "b" { }; a.b = aws.t "b" { };', ("resource", "")),
    ],
)
def test_what_a_variable_is_bound_to(text: str, made: tuple[str, str]) -> None:
    assert made_by(text, "b") == made


def test_no_text_is_too_broken() -> None:
    """Files of the Nix library, cut and mended at many places."""
    files = sorted((ROOT / "nixlib" / "internal").glob("*.nix"))
    assert files
    for file in files:
        text = file.read_text()
        for n, at in enumerate(range(0, len(text), 997)):
            broken = text[:at] + ("", "{", '"', "''", "${", "(", "= ", ".")[n % 8] + text[at:]
            find(broken, at + n % 3)
            find(text[:at], at)
