from __future__ import annotations

import pytest

from nivis_tofu.core.globs import covers, is_glob, matches


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("aws.*", "aws.aws_s3_bucket.demo", True),
        ("*.demo", "aws.aws_s3_bucket.demo", True),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("a*", "ba", False),
        ("*b", "ab\n", False),
        ("a*b", "a\nb", True),
        ('t.x["*"]', 't.x["k"]', True),
        ("t.x[0]", "t.x0", False),
        ("t.x[*]", "t.x[12]", True),
        ("a.b", "axb", False),
        ("", "", True),
    ],
)
def test_patterns(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text) is fits


@pytest.mark.parametrize(
    ("text", "glob"), [("a*", True), ("a?", True), ('a["k"]', False), ("a[0]", False), ("", False)]
)
def test_brackets_are_part_of_addresses(text: str, glob: bool) -> None:
    assert is_glob(text) is glob


@pytest.mark.parametrize(
    ("pattern", "address", "fits"),
    [
        ('module.m["a"]', 'module.m["a"].t.x[0]', True),
        ("module.m", 'module.m["a"].t.x', True),
        ("t.x", "t.x[0]", True),
        ("t.x", "t.xy", False),
        ("t.x[1]", "t.x[10]", False),
        ("t.x", "t.x", True),
        ("module.*", "module.m.t.x", True),
    ],
)
def test_what_lies_in_something_is_covered(pattern: str, address: str, fits: bool) -> None:
    assert covers(pattern, address) is fits
