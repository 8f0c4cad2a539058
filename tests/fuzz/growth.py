"""Inputs that grow: what a reader needs for four times as much is about four times as much, and not sixteen times.

Time is compared with time of the same reader on the same kind of input, generously and only where it can be measured.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fuzz import trial
from tests.fuzz.inputs import Step, paths
from tests.fuzz.reader import Reader, parsed

SMALLEST, LARGEST = 4_000, 4_000_000
"""Bytes."""
STEP = 4
"""How many times larger the next input is."""
WORST = 10
"""How many times longer it may take: a square would be 16."""
SHORT = 0.1
"""Seconds of processor time below which there is nothing to compare, and four times which is long enough to stop."""
PATIENCE = 5.0
"""Seconds of processor time after which an input is given up."""
UNITS = (
    b"a", b" ", b"\n", b"\t", b'"', b"'", b"\\", b"{", b"}", b"[", b"(", b"<", b"!", b"-", b"=", b",", b".", b":", b"#", b"/*", b"//",
    b"${", b"$${", b"%{", b"''", b"a ", b"a.", b"a b {", b"a {}\n", b"a = 1\n", b'"a" ', b'a "b" {\n', b"<<E\n", b"a: b\n", b"- ", b"\x1b[",
    b"[]", b"{}", b'"${', b'"a', b"a\r\n", b" = ", b"\xc3\xa9", b"@", b"$", b"0", b"x=(",
)  # fmt: skip
Made = Callable[[int], bytes]
"""An input of about so many bytes."""


@dataclass
class Growth:
    """What came of one reader. `findings`: kind of input -> what it took at which size."""

    reader: str
    kinds: int = 0
    seconds: float = 0.0
    largest: int = 0
    findings: dict[str, str] = field(default_factory=dict)


def kinds(reader: Reader) -> Iterator[tuple[str, Made]]:
    """Ways in which an input of this reader can grow."""
    seed = reader.seeds()[0]
    middle = len(seed) // 2
    for unit in dict.fromkeys([*UNITS, *reader.pieces, seed]):
        for name, before, after in (
            ("", b"", b""),
            ("in a text, ", b'"', b'"'),
            ("amid, ", seed[:middle], seed[middle:]),
        ):
            yield f"{name}{unit[:40]!r}", _repeated(before, unit, after)
    if reader.json:
        for number, text in enumerate(reader.seeds()[:2]):
            if (document := parsed(text)) is None:
                continue
            for path in _places(document):
                yield from _grown(f"{number} {'.'.join(map(str, path))}", document, path)


def _repeated(before: bytes, unit: bytes, after: bytes) -> Made:
    return lambda size: before + unit * (size // len(unit)) + after


def _places(document: Any) -> Iterator[tuple[Step, ...]]:
    """Every place, of several that differ in nothing but their index in a list the first."""
    seen = set()
    for path in paths(document):
        kind = tuple(step if isinstance(step, str) else 0 for step in path)
        if kind not in seen:
            seen.add(kind)
            yield path


def _grown(name: str, document: Any, path: Sequence[Step]) -> Iterator[tuple[str, Made]]:
    value: Any = document
    for step in path:
        value = value[step]
    one = len(json.dumps(value)) + 12

    def put(made: Callable[[int], Any]) -> Made:
        return lambda size: json.dumps(_with(document, path, made(size))).encode()

    if isinstance(value, list) and value:
        yield f"{name}: longer", put(lambda size: value * (size // one + 1))
    elif isinstance(value, dict):
        yield (
            f"{name}: wider",
            put(lambda size: {f"{k}{n or ''}": v for n in range(size // one + 1) for k, v in value.items()}),
        )
    else:
        yield f"{name}: several", put(lambda size: [value] * (size // one))
    if isinstance(value, str):
        for text in (value or "x", "a.", "${", '["', "\n", " "):
            yield f"{name}: {text * 3!r}…", put(lambda size, text=text: text * (size // len(text)))  # type: ignore[misc]


def _with(document: Any, path: Sequence[Step], value: Any) -> Any:
    if not path:
        return value
    found = copy.deepcopy(document)
    holder = found
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return found


def run(reader: Reader, largest: int = LARGEST, clock: Callable[[], float] = time.process_time) -> Growth:
    """Let every kind of input grow, until it is large enough or takes long enough."""
    found, began = Growth(reader.name), time.process_time()
    for name, made in kinds(reader):
        found.kinds += 1
        size, before = SMALLEST, 0.0
        while size <= largest:
            took, said = measured(reader, made(size), clock)
            if before and took > SHORT and took > WORST * max(before, SHORT / WORST):
                # Once more: whoever else is busy on this machine must not be taken for our work.
                took = min(took, measured(reader, made(size), clock)[0])
                before = max(before, measured(reader, made(size // STEP), clock)[0])
                if took > WORST * max(before, SHORT / WORST):
                    found.findings[name] = f"{took:.2f} s for {size} bytes, {before:.3f} s for {size // STEP}"
                    break
            if said:
                found.findings[name] = f"{said}, at {size} bytes"
                break
            found.largest = max(found.largest, size)
            if took > STEP * SHORT:
                break
            size, before = size * STEP, took
    found.seconds = time.process_time() - began
    return found


def measured(reader: Reader, made: bytes, clock: Callable[[], float]) -> tuple[float, str]:
    """Seconds, and what an input may not make happen."""
    began = clock()
    said = trial.called(lambda: reader.read(made), reader, PATIENCE)
    return clock() - began, said
