"""Ids, addresses and globs -> addresses."""

from __future__ import annotations

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.globs import covers, matches
from nivis_tofu.ir.names import Names, guess_address, no_state, typed

NAMES = Names(
    {
        "aws_s3_bucket.demo": "aws.aws_s3_bucket.demo",
        'aws_s3_bucket.many["x.y"]': 'aws.aws_s3_bucket.many["x.y"]',
        "aws_s3_bucket.many[0]": "aws.aws_s3_bucket.many[0]",
        "module.net.aws_vpc.this": "module.net.aws_vpc.this",
        "data.aws_region.here": "data.aws.aws_region.here",
    },
    {"aws.aws_s3_bucket.later": "aws_s3_bucket.renamed"},
)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("aws.aws_s3_bucket.demo", "aws_s3_bucket.demo"),
        ("aws_s3_bucket.demo", "aws_s3_bucket.demo"),
        ('aws.aws_s3_bucket.many["x.y"]', 'aws_s3_bucket.many["x.y"]'),
        ("aws.aws_s3_bucket.many", "aws_s3_bucket.many"),
        ("module.net.aws_vpc.this", "module.net.aws_vpc.this"),
        ("data.aws.aws_region.here", "data.aws_region.here"),
        ("demo", "aws_s3_bucket.demo"),
        ("many", "aws_s3_bucket.many"),
        ('many["x.y"]', 'aws_s3_bucket.many["x.y"]'),
        ("aws_vpc.this", "module.net.aws_vpc.this"),
    ],
)
def test_one_name(text: str, address: str) -> None:
    assert NAMES.find(text) == address


def test_a_missing_one_names_the_near_one() -> None:
    with pytest.raises(NivisError) as caught:
        NAMES.find("aws.aws_s3_bucket.dmo")
    assert caught.value.diagnostics[0].hint.startswith("Did you mean `aws.aws_s3_bucket.demo`?")


def test_the_end_of_several_names_is_refused_with_all_of_them() -> None:
    names = Names({"t.a": "p.t.a", "u.a": "p.u.a"}, {"p.t.later": "t.later"})
    with pytest.raises(NivisError, match="may mean several things") as caught:
        names.find("a")
    assert "`p.t.a` or `p.u.a`" in caught.value.diagnostics[0].detail
    assert names.find("u.a") == "u.a"
    assert names.target("later") == "t.later"


def test_the_nearest_three() -> None:
    hint = no_state("web", [f"p.t.web{n}" for n in range(5)]).diagnostics[0].hint
    assert hint == "Did you mean `p.t.web0`? There is `p.t.web1` or `p.t.web2` too."
    assert no_state("zzz", ["p.t.web"]).diagnostics[0].hint == "`nivis state list` lists what there is."


@pytest.mark.parametrize(
    ("text", "meant"), [("b", "1"), ("t.b", "1"), ("p.t.b", "1"), ("", None), ("xb", None), ("c", "2")]
)
def test_what_is_typed(text: str, meant: str | None) -> None:
    assert typed(text, {"p.t.b": "1", "t.b": "1", "p.t.xc": "3", "p.t.c": "2"}) == meant


def test_globs_match_ids_and_addresses_once() -> None:
    buckets = ["aws_s3_bucket.demo", 'aws_s3_bucket.many["x.y"]', "aws_s3_bucket.many[0]"]
    assert NAMES.match(["aws.aws_s3_bucket.*", "aws_s3_bucket.demo"]) == buckets
    assert NAMES.match(["*many[?]"]) == ["aws_s3_bucket.many[0]"]
    with pytest.raises(NivisError):
        NAMES.match(["*.nothing"])


def test_brackets_are_no_glob() -> None:
    assert not matches("a[0]", "a0")
    assert matches('a["*"]', 'a["b"]')


def test_a_glob_covers_what_lies_inside() -> None:
    assert covers('module.m["a"]', 'module.m["a"].t.x[0]')
    assert covers("module.m.t.?", "module.m.t.x[0]")
    assert not covers('module.m["a"]', 'module.m["ab"].t.x')
    assert not covers("t.x", "t.xy")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("aws.aws_s3_bucket.later", "aws_s3_bucket.renamed"),
        ("aws.aws_s3_bucket.later[1]", "aws_s3_bucket.renamed[1]"),
        ("aws.aws_s3_bucket.new", "aws_s3_bucket.new"),
        ('aws.aws_s3_bucket.new["k"]', 'aws_s3_bucket.new["k"]'),
        ("data.aws.aws_ami.x", "data.aws_ami.x"),
    ],
)
def test_a_target_need_not_exist(text: str, address: str) -> None:
    assert NAMES.target(text) == address


@pytest.mark.parametrize("text", ["aws_s3_bucket.x", "module.a.aws_vpc.b", "data.aws_ami.x"])
def test_an_address_is_its_own_guess(text: str) -> None:
    assert guess_address(text) == text


def test_the_name_of_an_address() -> None:
    assert NAMES.name("aws_s3_bucket.many[7]") == "aws.aws_s3_bucket.many[7]"
    assert NAMES.name("aws_s3_bucket.renamed") == "aws.aws_s3_bucket.later"
    assert NAMES.name("x.y") == "x.y"
