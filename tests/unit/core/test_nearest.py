from __future__ import annotations

import pytest

from nivis_tofu.core.nearest import did_you_mean, nearest

IDS = ["aws.aws_s3_bucket.demo", "aws.aws_s3_object.note", "aws.aws_vpc.main"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("aws.aws_s3_bucket.dmeo", "aws.aws_s3_bucket.demo"),
        ("noet", "aws.aws_s3_object.note"),  # by its last part
        ("zzz", ""),
    ],
)
def test_the_nearest(text: str, found: str) -> None:
    assert nearest(text, IDS) == found


def test_of_two_with_one_last_part_the_first_is_named() -> None:
    assert nearest("mian", ["aaaaaaaa.bbbbbbbb.main", "cccccccc.dddddddd.main"]) == "aaaaaaaa.bbbbbbbb.main"


def test_a_stricter_look() -> None:
    assert nearest("bucket", ["basket"], cutoff=0.5) == "basket"
    assert nearest("bucket", ["basket"], cutoff=0.9) == ""


@pytest.mark.parametrize(
    ("text", "otherwise", "hint"),
    [
        ("dmeo", "", "Did you mean `aws.aws_s3_bucket.demo`?"),
        ("dmeo", "Look.", "Did you mean `aws.aws_s3_bucket.demo`? Look."),
        ("zzz", "Look.", "Look."),
        ("zzz", "", ""),
    ],
)
def test_hints(text: str, otherwise: str, hint: str) -> None:
    assert did_you_mean(text, iter(IDS), otherwise) == hint
