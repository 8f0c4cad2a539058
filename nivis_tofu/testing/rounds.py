"""Many plays at once: whatever they all want to know next is one question to Nix."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from nivis_tofu.core.errors import NivisError
from nivis_tofu.ir.model import IR
from nivis_tofu.testing.case import Played
from nivis_tofu.testing.play import Play

Q = TypeVar("Q")
Answer = Callable[[Sequence[tuple[Play, Mapping[str, Any]]]], Sequence[IR | NivisError]]
"""Ledger documents of plays -> the IR of each, or why there is none."""
AT_ONCE = 200
"""So many plans are held in memory at a time."""


def play_all(plays: Sequence[Play], answer: Answer) -> list[Played | NivisError]:
    """What each play comes to, in the same order."""
    results: dict[int, Played | NivisError] = {}
    running = {number: play.run() for number, play in enumerate(plays)}
    asked = {number: next(play) for number, play in running.items()}
    while asked:
        numbers = list(asked)
        answers = answer([(plays[number], asked[number]) for number in numbers])
        for number, found in zip(numbers, answers, strict=True):
            del asked[number]
            try:
                play = running[number]
                asked[number] = play.throw(found) if isinstance(found, NivisError) else play.send(found)
            except StopIteration as end:
                results[number] = end.value
            except NivisError as error:
                results[number] = error
    return [results[number] for number in range(len(plays))]


def each(ask: Callable[[Sequence[Q]], Sequence[Any]], questions: Sequence[Q]) -> list[Any]:
    """The answer to each question, or its error. `ask` fails as a whole: who is at fault is found by halving."""
    if len(questions) > AT_ONCE:
        return each(ask, questions[:AT_ONCE]) + each(ask, questions[AT_ONCE:])
    if not questions:
        return []
    try:
        return list(ask(questions))
    except NivisError as error:
        if len(questions) == 1:
            return [error]
    middle = len(questions) // 2
    return each(ask, questions[:middle]) + each(ask, questions[middle:])
