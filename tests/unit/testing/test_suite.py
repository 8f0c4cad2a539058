"""All tests with all inventors, and what is told of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from nivis_tofu.core.errors import NivisError
from nivis_tofu.testing.case import Case, Check, Played, Report
from nivis_tofu.testing.flake import Flake
from nivis_tofu.testing.invent import Inventor
from nivis_tofu.testing.play import Scene
from nivis_tofu.testing.suite import Suite
from tests.support.situation import ir, res
from tests.unit.testing.playing import Known


class Pretended:
    """Stands for the flake: three tests, of which one is malformed and one has a check that throws."""

    def __init__(self) -> None:
        self.variables: list[Any] = []

    def cases(self, _: Sequence[str]) -> Any:
        malformed = NivisError.of("A malformed test")
        return [(Case("bad"), malformed), (Case("checked", {"v": 2}, has_check=True), None), (Case("plain"), None)]

    def plans(self, asked: Any) -> Any:
        self.variables = [document["vars"] for _, document in asked]
        return [ir(res("a"), res("b", Known(document)(len, "a"))) for _, document in asked]

    def checks(self, asked: Sequence[tuple[Case, Played]]) -> Any:
        return [(Check("even", len(p.resources["p.t.a"]["outputs"]["id"]) % 2 == 0),) for _, p in asked]


def run(*inventors: Inventor, flake: Any = None, located: Any = lambda error, _: error) -> Report:
    suite = Suite(
        cast(Flake, flake or Pretended()), lambda _: Scene(), lambda stack: {"v": 1, "w": stack or 1}, located
    )
    return suite.run([], inventors or [Inventor()], lambda case: case.name != "nobody")


def test_a_verdict_for_each_test_in_its_order() -> None:
    found = {v.case.name: v for v in run().verdicts}
    assert list(found) == ["bad", "checked", "plain"]
    assert str(found["bad"].error) == "A malformed test"
    assert (found["plain"].phases, found["plain"].converged, found["plain"].ok) == (2, True, True)
    assert found["checked"].checks[0].name == "even"


def test_values_are_told_of_what_failed_alone() -> None:
    seeds = [Inventor(seed, wild=True) for seed in range(10)]
    checked = [v for v in run(*seeds).verdicts if v.case.name == "checked"]
    assert {v.seed for v in checked} == set(range(10))
    assert {v.ok for v in checked} == {True, False}
    assert all(bool(v.values) is not v.ok for v in checked)


def test_variables_of_the_test_win() -> None:
    flake = Pretended()
    run(flake=flake)
    assert flake.variables == [{"v": 2, "w": 1}, {"v": 1, "w": 1}]


def test_a_stack_has_variables_of_its_own() -> None:
    class OfStack(Pretended):
        def cases(self, _: Sequence[str]) -> Any:
            return [(Case("plain", stack="net"), None), (Case("bare"), None)]

    flake = OfStack()
    run(flake=flake)
    assert flake.variables == [{"v": 1, "w": "net"}, {"v": 1, "w": 1}]


def test_an_error_of_checks_is_placed_and_told() -> None:
    class Throwing(Pretended):
        def checks(self, asked: Any) -> Any:
            return [NivisError.of("It throws") for _ in asked]

    placed: list[str] = []

    def place(error: NivisError, _: Any) -> NivisError:
        placed.append(str(error))
        return error

    found = {v.case.name: v for v in run(flake=Throwing(), located=place).verdicts}
    assert (str(found["checked"].error), found["checked"].converged, placed) == ("It throws", True, ["It throws"])
