"""Inputs made of good ones: documents with places exchanged, and texts that are cut, doubled, mixed and damaged.

Everything is bytes; a reader decodes as it does in earnest.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Step = str | int
Maker = Callable[[random.Random], bytes]
_RAW = re.compile(r'"@raw(\d+)@"')
_NUMBERS = ("9" * 5000, "-0", "1e400", "1e999999999", "1E-999999999", "1e99999999999999999999", "0." + "3" * 400, "NaN",
            "-Infinity", str(2**64), "1.5", "01")  # fmt: skip
_TEXTS = (r'"\ud800"', r'"\udfff\ud800"', r'"\u0000"', r'"\u001b]8;;x\u0007"', '"\\u202e"', '"${x}%{y}"', '"$${"',
          '"' + "x" * 4000 + '"', '"\\ufeff"', '"../../x"', '"/dev/stdin"', '"\n"')  # fmt: skip
_SHAPES = ("[" * 90 + "]" * 90, '{"a":' * 90 + "1" + "}" * 90, "[" * 3000 + "]" * 3000, "[" * 600 + "]" * 600, '{"a":' * 400 + "1" + "}" * 400, '{"x": 1, "x": {}}', "[[[]]]",
           '{"__ref": {"resource": "a.b.c", "path": []}}', '{"": {"": [null]}}')  # fmt: skip
RAW = (*_NUMBERS, *_TEXTS, *_SHAPES)
"""JSON that Python's own printer would not make."""
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**30, 1.5, "", "x", " ", ".", "a.b", "é", [], {}, [None], [[]], [{}], {"": None},
    ["x", 1, None], {"x": {"y": []}}, "create", "delete", ["no-op"], "dynamic", ["list", "dynamic"], ["object", {"x": 0}],
    *(f"@raw{n}@" for n in range(len(RAW))),
)  # fmt: skip
SPLICES = (*(
    text.encode("utf-8", "surrogatepass")
    for text in (
        "\0", "\x1b[31m", "\r\n", "\r", "\ufeff", "\u2028", "\u202e", '"', "'", "\\", "{", "}", "[", "]", "(", ")", "${",
        "%{", "$${", "#", "/*", "*/", "//", "<<E\n", "<<-E\n", "\n", "=", ":", ",", ".", "*", "-", "--", "null", "true",
        "1e999999999", "9" * 5000, "0x", "é", "e\u0301", "\U0001f600", "\ud800", "\\ud800", "\\U0011ffff", "\\u12",
        "[" * 500, "{" * 500, "(" * 500, "a." * 300, '"${' * 60, "!" * 300, "-" * 300, "a ? b : " * 100, " ", "\t", "x",
        "&a [*a]", "!!python/object:x {}", "? ", "- ", "<<: *a",
    )
), b"\xff", b"\xc3", b"\xed\xa0\x80", b"\x80" * 9, b"\xc1", b"\xd9\xff", b"\xdf\xff\xff\xff\xff", b"\xc7\x00")  # fmt: skip


def paths(value: Any, at: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """Every place in a document, the whole included."""
    yield at
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in steps:
        yield from paths(item, (*at, step))


def written(document: Any) -> str:
    """The text of a document with raw pieces in it."""
    return _RAW.sub(lambda found: RAW[int(found[1])], json.dumps(document, ensure_ascii=False))


def documents(seeds: Sequence[Any]) -> Maker:
    """Texts of documents that differ from a seed in up to three places."""
    places = [tuple(paths(seed)) for seed in seeds]

    def made(dice: random.Random) -> bytes:
        chosen = dice.randrange(len(seeds))
        found = copy.deepcopy(seeds[chosen])
        for _ in range(dice.choice((1, 1, 2, 3))):
            found = _changed(found, dice.choice(places[chosen]), dice.choice(_EDITS), dice.choice(VALUES))
        return written(found).encode("utf-8", "surrogatepass")

    return made


_EDITS = ("put", "put", "put", "drop", "wrap", "name")


def _changed(document: Any, path: tuple[Step, ...], edit: str, value: Any) -> Any:
    """The document with one place exchanged, dropped, wrapped in a list, or under another name."""
    if not path:
        return [document] if edit == "wrap" else value if edit == "put" else document
    *above, last = path
    holder = document
    for step in above:
        if not _has(holder, step):
            return document
        holder = holder[step]
    if not _has(holder, last):
        return document
    match edit:
        case "drop":
            del holder[last]
        case "wrap":
            holder[last] = [holder[last]]
        case "name" if isinstance(holder, dict):
            holder[value if isinstance(value, str) else "other"] = holder.pop(last)
        case _:
            holder[last] = copy.deepcopy(value)
    return document


def _has(holder: Any, step: Step) -> bool:
    return (isinstance(holder, dict) and step in holder) or (
        isinstance(holder, list) and isinstance(step, int) and step < len(holder)
    )


def texts(seeds: Sequence[bytes], own: Sequence[bytes] = ()) -> Maker:
    """Up to five edits of a seed: something put in, cut out, doubled, or the rest missing. `own`: what a reader knows."""
    pieces = (*own, *own, *SPLICES)

    def made(dice: random.Random) -> bytes:
        found = dice.choice(seeds)
        for _ in range(dice.randint(1, 5)):
            at, size = dice.randint(0, len(found)), dice.choice((0, 1, 1, 2, 3, 8, 40))
            match dice.choice(_CUTS):
                case "put":
                    found = found[:at] + dice.choice(pieces) + found[at:]
                case "cut":
                    found = found[:at] + found[at + size :]
                case "double":
                    found = found[:at] + found[at : at + size] * 3 + found[at + size :]
                case "over":
                    found = found[:at] + dice.choice(pieces) + found[at + size :]
                case _:
                    found = found[:at]
        return found

    return made


_CUTS = ("put", "put", "put", "cut", "double", "over", "end")
