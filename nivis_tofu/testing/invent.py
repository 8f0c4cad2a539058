"""Made-up values: what an engine would put where nobody configured anything. Pure; the same seed makes the same value.

A value depends on its place alone, so one resource more or less changes nothing in the others.
"""

from __future__ import annotations

import functools
import hashlib
import random
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex
from nivis_tofu.ir.values import Path, format_path

Needs = Collection[Path]
"""Paths below a value that something refers to: it has to have them."""
_ODD = (
    "", '"', "'", "\\", "${x}", "%{ if true }", "$${", "a b", " ", "\n", "\t", "ä", "ß", "漢字", "🙂", "é", "{}", "[]",
    "null", "true", "0", "-1", "1e3", "/", "..", ":", ",", "=", "#", "*", "<b>", "&", "a", "Z", "9", "_", "-",
)  # fmt: skip
_NUMBERS = (0, 1, -1, 2, 7, 65535, 2**31, 2**53, Decimal("0.5"), Decimal("-1.25"))
_UNPRINTABLE = regex(r"[^ -~]+")


@immutable
class Inventor:
    """`wild`: values from everything that their type allows, not readable ones."""

    seed: int = 0
    wild: bool = False

    def value(self, kind: Any, place: Path, needs: Needs = ()) -> Any:
        """A value of a type, as schemas write types; without a type the paths say what it is, and it is text at last.

        `place`: what it is the value of, as in `("aws.aws_vpc.main", "id")`.
        """
        match kind:
            case "number":
                return self._number(place)
            case "bool":
                return self._dice(place).random() < 0.5 if self.wild else False
            case "string":
                return self.text(place)
            case [("list" | "set"), inner]:
                return [self.value(inner, (*place, i), _below(needs, i)) for i in range(self._length(place, needs))]
            case ["map", inner]:
                keys = [*_steps(needs), *(self.text((*place, f"key{i}")) for i in range(self._extra(place)))]
                return {key: self.value(inner, (*place, key), _below(needs, key)) for key in dict.fromkeys(keys)}
            case ["object", dict() as fields, *_]:
                return {key: self.value(inner, (*place, key), _below(needs, key)) for key, inner in fields.items()}
            case ["tuple", list() as kinds]:
                return [self.value(inner, (*place, i), _below(needs, i)) for i, inner in enumerate(kinds)]
            case _:
                return self._shaped(place, needs)

    def _shaped(self, place: Path, needs: Needs) -> Any:
        """The least that has all these paths."""
        steps = _steps(needs)
        if not steps:
            return self.text(place)
        if all(step.isdigit() for step in steps):
            return [self._shaped((*place, i), _below(needs, i)) for i in range(max(map(int, steps)) + 1)]
        return {step: self._shaped((*place, step), _below(needs, step)) for step in steps}

    def text(self, place: Path) -> str:
        """Printable ASCII that is unlike others from its first letter on, or whatever a string may be."""
        if self.wild:
            dice = self._dice(place)
            return "".join(dice.choice(_ODD) for _ in range(dice.choice((0, 1, 1, 2, 3, 5, 12))))
        return _readable(self.seed, place)

    def _number(self, place: Path) -> int | Decimal:
        if not self.wild:
            return self._bits(place) % 9999 + 1
        dice = self._dice(place)
        return dice.choice((*_NUMBERS, dice.randint(-(10**6), 10**6)))

    def _length(self, place: Path, needs: Needs) -> int:
        wanted = max((int(step) + 1 for step in _steps(needs) if step.isdigit()), default=0)
        return max(wanted, self._dice(place).choice((0, 1, 2, 3, 8)) if self.wild else 1)

    def _extra(self, place: Path) -> int:
        """How many keys nobody asked for."""
        return self._dice(place).choice((0, 0, 1, 2)) if self.wild else 0

    def _bits(self, place: Path) -> int:
        """32 bits that depend on nothing but seed and place; cheaper than dice."""
        return _bits(self.seed, place)

    def _dice(self, place: Path) -> random.Random:
        return random.Random(f"{self.seed} {place[0]}{format_path(place[1:])}")  # noqa: S311 - no secret


@functools.lru_cache(10_000)  # a hundred tests of one flake ask for the same
def _readable(seed: int, place: Path) -> str:
    owner = str(place[0]).rpartition(".")[2]
    words = "-".join(map(str, (owner, *place[1:])))
    return f"{_bits(seed, place):08x}-{_UNPRINTABLE.sub('_', words)}"


def _bits(seed: int, place: Path) -> int:
    text = f"{seed} {place[0]}{format_path(place[1:])}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest())


def _steps(needs: Needs) -> list[str]:
    return list(dict.fromkeys(sorted(str(path[0]) for path in needs if path)))


def _below(needs: Needs, step: str | int) -> Needs:
    return [path[1:] for path in needs if path and str(path[0]) == str(step)]


def needs_of(refs: Collection[tuple[str, Path]]) -> Mapping[str, Mapping[str, list[Path]]]:
    """id -> attribute -> paths below it, of references given as (id, path)."""
    found: dict[str, dict[str, list[Path]]] = {}
    for owner, path in refs:
        if path:
            found.setdefault(owner, {}).setdefault(str(path[0]), []).append(path[1:])
    return found
