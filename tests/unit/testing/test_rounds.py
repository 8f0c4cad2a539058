"""Many plays, one question a round; who is at fault is found by halving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nivis_tofu.core.errors import NivisError
from nivis_tofu.ir.model import IR
from nivis_tofu.testing.case import Case, Played
from nivis_tofu.testing.invent import Inventor
from nivis_tofu.testing.play import Play
from nivis_tofu.testing.rounds import AT_ONCE, each, play_all
from tests.support.situation import ir, res
from tests.unit.testing.playing import Known


def test_plays_go_on_together_and_one_that_fails_stops_alone() -> None:
    rounds: list[list[str]] = []

    def answer(asked: Sequence[tuple[Play, Mapping[str, Any]]]) -> list[IR | NivisError]:
        rounds.append([play.case.name for play, _ in asked])
        return [found(play.case.name, Known(document)) for play, document in asked]

    def found(name: str, known: Known) -> IR | NivisError:
        if name == "wrong":
            return NivisError.of("Wrong")
        return ir(res("a"), *([res("b", known(len, "a"))] if name == "two" else []))

    plays = [Play(Case(name), Inventor()) for name in ("one", "wrong", "two")]
    one, wrong, two = play_all(plays, answer)
    assert isinstance(one, Played)
    assert isinstance(two, Played)
    assert (one.phases, two.phases) == (1, 2)
    assert isinstance(wrong, NivisError)
    assert rounds[0] == ["one", "wrong", "two"]
    assert rounds[-1] == ["two"]


def test_the_answers_of_all_but_those_at_fault() -> None:
    asked: list[int] = []

    def ask(few: Sequence[int]) -> list[int]:
        asked.append(len(few))
        if any(n % 50 == 7 for n in few):
            raise NivisError.of(f"{few[0]}")
        return [n * 2 for n in few]

    found = each(ask, range(100))
    assert [n for n, answer in enumerate(found) if isinstance(answer, NivisError)] == [7, 57]
    assert [answer for answer in found if isinstance(answer, int)] == [n * 2 for n in range(100) if n % 50 != 7]
    assert len(asked) < 40
    assert each(ask, []) == []


def test_not_more_at_a_time_than_memory_has_room_for() -> None:
    asked: list[int] = []

    def ask(few: Sequence[int]) -> Sequence[int]:
        asked.append(len(few))
        return few

    assert each(ask, range(2 * AT_ONCE + 1)) == list(range(2 * AT_ONCE + 1))
    assert asked == [AT_ONCE, AT_ONCE, 1]
