"""The line of `nivis test`: which part of it is for the flake's tests and which for the engine's."""

from __future__ import annotations

import os
import sys

import pytest

from nivis_tofu.cli import flake_tests
from nivis_tofu.cli.common import Common
from nivis_tofu.cli.spelling import split
from nivis_tofu.testing.invent import Inventor


@pytest.mark.parametrize(
    ("typed", "ours", "engine"),
    [
        ("test", "test", ""),
        ("test a b --json --random 3", "test a b --json --random 3", ""),
        ("test -filter=x -verbose", "test", "-filter=x -verbose"),
        ("test -filter x a -test-directory t", "test a", "-filter x -test-directory t"),
        (
            "test -var a=1 -var-file=f -no-color",
            "test -var a=1 -var-file=f -no-color",
            "-var a=1 -var-file=f -no-color",
        ),
        ("test -json", "test", "-json"),
        ("-chdir=d test --seed=4", "-chdir=d test --seed=4", ""),
        ("--stack app test -- -verbose", "--stack app test", "-verbose"),
    ],
)
def test_who_gets_which_words(typed: str, ours: str, engine: str) -> None:
    assert split(typed.split()) == (ours.split(), tuple(engine.split()))


def test_ordinary_values_then_random_ones() -> None:
    assert flake_tests._inventors(0, None) == [Inventor(0)]
    assert flake_tests._inventors(2, 7) == [Inventor(7), Inventor(7, wild=True), Inventor(8, wild=True)]
    assert flake_tests._inventors(0, 7) == [Inventor(7), Inventor(7, wild=True)]
    free = flake_tests._inventors(3, None)
    assert [i.wild for i in free] == [False, True, True, True]


def test_tests_are_beside_the_plan() -> None:
    assert flake_tests._attribute(Common()) == "nivis.tests"
    assert flake_tests._attribute(Common(attr="other.plan")) == "other.tests"
    assert flake_tests._attribute(Common(attr="plan")) == "nivis.tests"
    assert flake_tests._attribute(Common(stack="app")) == "nivis.tests"


def test_where_the_engine_looks() -> None:
    assert flake_tests._directory(()) == "tests"
    assert flake_tests._directory(("-test-directory=x",)) == "x"
    assert flake_tests._directory(("-verbose", "-test-directory", "y")) == "y"


def test_a_child_writes_to_stderr_meanwhile(capfd: pytest.CaptureFixture[str]) -> None:
    with flake_tests._as_talk():
        os.write(1, b"talk")
    os.write(1, b"result")
    sys.stdout.flush()
    assert capfd.readouterr() == ("result", "talk")
