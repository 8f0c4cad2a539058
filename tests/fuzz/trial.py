"""One reader against many inputs: what it raises that is not ours, how long it takes, what it needs."""

from __future__ import annotations

import contextlib
import random
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nivis_tofu.core.errors import NivisError
from tests.fuzz.reader import Reader

PATIENCE = 2.0
"""Seconds of processor time for one input, however damaged."""
_MOVES = 0.005
"""Seconds of processor time that a block takes if it does not wait; to look costs less."""
_CODE = str(Path(__file__).resolve().parents[2] / "nivis_tofu")


class TooLongError(BaseException):
    """An input took longer than an input may; no `except Exception` swallows it."""


@dataclass
class Outcome:
    """What came of one reader. `findings`: what happened, where -> the shortest input that makes it happen."""

    reader: str
    inputs: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    findings: dict[str, bytes] = field(default_factory=dict)


@contextlib.contextmanager
def in_time(seconds: float = PATIENCE) -> Iterator[None]:
    """Raise TooLongError in a block that takes more processor time than that, or waits five times as long twice."""
    used, idle = time.process_time(), 0

    def ring(*_: Any) -> None:
        raise TooLongError

    def look(*_: Any) -> None:
        # On a busy machine, or one that was asleep, a block may get no processor for long: then it is not it that waits.
        nonlocal used, idle
        now = time.process_time()
        used, idle = now, 0 if now - used > _MOVES else idle + 1
        if idle > 1:
            raise TooLongError

    timers = {
        signal.SIGPROF: (ring, signal.ITIMER_PROF, seconds),
        signal.SIGALRM: (look, signal.ITIMER_REAL, 5 * seconds),
    }
    before = {number: signal.signal(number, handler) for number, (handler, _, _) in timers.items()}
    for _, timer, length in timers.values():
        signal.setitimer(timer, length, length)
    try:
        yield
    finally:
        for number, (_, timer, _) in timers.items():
            signal.setitimer(timer, 0)
            signal.signal(number, before[number])


def called(call: Callable[[], object], reader: Reader, patience: float = PATIENCE) -> str:
    """Empty if a value comes of it or an error of ours, else what happened and where."""
    try:
        with in_time(patience):
            call()
    except NivisError as error:
        return _unsaid(error)
    except reader.raises:
        return ""
    except TooLongError as error:
        return f"more than {patience:g} s, {_where(error)}"
    except Exception as error:  # noqa: BLE001 - that it is none of ours is what we look for
        return f"{type(error).__name__}, {_where(error)}"
    return ""


def _unsaid(error: NivisError) -> str:
    """An error of ours says what is wrong in its summary."""
    said = all(d.summary.strip() for d in error.diagnostics)
    return "" if said else f"{type(error).__name__} without a summary, {_where(error)}"


def _where(error: BaseException) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(_CODE)]
    # Of a recursion the place where it happens to end says nothing.
    return next((f"{f.filename[len(_CODE) + 1 :]}:{f.name}" for f in reversed(frames)), "outside nivis")


def run(reader: Reader, inputs: int, start: int = 0) -> Outcome:
    """Try one reader with its own kind of inputs, after good ones. `start`: of the dice."""
    found = Outcome(reader.name)

    def one(made: bytes) -> None:
        began = time.process_time()
        said = called(lambda: reader.read(made), reader)
        found.slowest = max(found.slowest, time.process_time() - began)
        found.inputs += 1
        if said and (said not in found.findings or len(made) < len(found.findings[said])):
            found.findings[said] = made

    made, dice, began = reader.inputs(), random.Random(f"{reader.name} {start}"), time.process_time()
    for seed in list(reader.seeds())[:inputs]:
        one(seed)
    for _ in range(inputs):
        one(made(dice))
    found.seconds = time.process_time() - began
    return found
