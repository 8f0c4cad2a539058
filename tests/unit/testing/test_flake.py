"""What the flake says, with Nix played by a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.ir.model import IR
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.testing.case import Case, Check, Played
from nivis_tofu.testing.flake import Flake
from nivis_tofu.testing.invent import Inventor
from nivis_tofu.testing.play import Play
from tests.support.rendering import data, document

READ = {"wrong": "", "vars": {}, "outputs": {}, "stack": "", "plan": False, "check": True, "names": ["check"]}
LEDGER = {"phase": 1}


@immutable
class Pretended(Nix):
    """Nix that answers by a function of the attribute and of what is asked."""

    answer: Callable[[str, Any], Any] = lambda *_: None
    asked: list[tuple[str, int]] = field(default_factory=list)

    source = (Path(), ".")

    def apply(self, function: str, given: Any, *_: Any) -> Any:
        self.asked.append((self.attr, 0 if given is None else len(given)))
        return self.answer(self.attr, given)


def flake(answer: Callable[[str, Any], Any]) -> tuple[Flake, list[tuple[str, int]]]:
    nix = Pretended(Path("nix"), ".", "nivis.plan", Path(), Path(), answer=answer)
    return Flake(nix, "nivis.tests"), nix.asked


def reading(**tests: Any) -> Flake:
    def answer(_: str, given: Any) -> Any:
        return sorted(tests) if given is None else [{**READ, "name": name, **tests[name]} for name in given]

    return flake(answer)[0]


def test_tests_are_read_with_what_is_wrong_with_them() -> None:
    found = reading(
        a={"vars": {"x": 1}, "outputs": {"i": {"id": "y"}}},
        b={"wrong": "it is string"},
        c={"names": ["chek"]},
        d={"outputs": {"i": 1}},
        e={"stack": 7},
    ).cases()
    (a, nothing), *others = found
    assert (a, nothing) == (Case("a", {"x": 1}, {"i": {"id": "y"}}, "", False, True), None)
    assert [str(error) for _, error in others] == ["A malformed test"] * 4
    details = [error.diagnostics[0].detail for _, error in others if error]
    assert [d.split(": ")[1].split(" that")[0] for d in details] == [
        "it is string.", "it has an element `chek`", '`outputs."i"` is not an attribute set.', "`stack` is not the name of a stack.",
    ]  # fmt: skip


def test_only_those_that_are_wanted() -> None:
    assert [case.name for case, _ in reading(a={}, b={}).cases(["b"])] == ["b"]
    with pytest.raises(NivisError, match="No such test"):
        reading(a={}).cases(["aa"])


def test_each_plan_is_asked_where_it_stands_and_equal_questions_once() -> None:
    def answer(attr: str, given: Any) -> Any:
        if attr == "nivis.stacks.app":
            raise NivisError.of("It throws")
        return [document(data("own" if told["test"] else "plan", 1)) for told in given]

    at, asked = flake(answer)
    cases = [Case("a"), Case("b"), Case("c", own_plan=True), Case("d", stack="app")]
    a, b, c, d = at.plans([(Play(case, Inventor()), LEDGER) for case in cases])
    assert isinstance(a, IR)
    assert isinstance(c, IR)
    assert a is b
    assert (list(a.resources), list(c.resources)) == (
        ["terraform.terraform_data.plan"],
        ["terraform.terraform_data.own"],
    )
    assert str(d) == "It throws"
    assert asked == [("nivis.plan", 1), ("nivis.tests", 1), ("nivis.stacks.app", 1)]


def test_a_plan_that_is_no_ir() -> None:
    (found,) = flake(lambda *_: [1])[0].plans([(Play(Case("a"), Inventor()), LEDGER)])
    assert str(found) == "The plan is not an IR"


def test_checks_get_what_it_came_to() -> None:
    given: list[Any] = []

    def answer(_: str, told: Any) -> Any:
        given.extend(told)
        return [[{"name": "n", "ok": False, "message": "m"}]]

    at, _ = flake(answer)
    assert at.checks([(Case("a"), Played({"i": {"phase": 1}}, {"o": 2**70}, 3))]) == [(Check("n", False, "m"),)]
    assert given == [{"test": "a", "resources": {"i": {"phase": 1}}, "outputs": {"o": None}, "phases": 3}]
