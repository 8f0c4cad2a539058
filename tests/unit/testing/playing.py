"""Plays without Nix: a function of what is known stands for the flake."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nivis_tofu.core.errors import NivisError
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.values import PENDING, Derived, walk
from nivis_tofu.testing.case import Case, Played
from nivis_tofu.testing.invent import Inventor
from nivis_tofu.testing.play import Play, Scene
from tests.support.situation import _input


class Known:
    """What a ledger document says, as the Nix library reads it."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    def __call__(self, make: Callable[..., Any], *names: str) -> Derived:
        """A value computed from the ids of these (`a@x`: from another attribute), pending until all are known."""
        refs = tuple(map(_input, names))
        found = [self._value(ref.resource, ref.path) for ref in refs]
        own = tuple(r for r in refs if not r.resource.startswith("stack."))
        stacks = tuple(r for r in refs if r.resource.startswith("stack."))
        value = make(*(v for _, v in found)) if all(known for known, _ in found) else PENDING
        return Derived(own, value, stacks=stacks)

    def _value(self, owner: str, path: Any) -> tuple[bool, Any]:
        if list(path) in self.document["unknown"].get(owner, []):
            return False, None
        for table in ("planned", "outputs"):
            if path[0] in self.document[table].get(owner, {}):
                return walk(self.document[table][owner], path)
        return False, None


Flake = Callable[[Known], IR]


def play(
    flake: Flake, *, seed: int = 0, wild: bool = False, around: Scene | None = None, **fixed: Any
) -> tuple[Play, Played]:
    """A play that has ended, and what it came to. `fixed`: attributes of `p.t.NAME`, or of others by `fixed={id: …}`."""
    whole = fixed.pop("fixed", {}) | {f"p.t.{name}": value for name, value in fixed.items()}
    playing = Play(Case("case", fixed=whole), Inventor(seed, wild), around or Scene())
    running = playing.run()
    document = next(running)
    while True:
        try:
            document = running.send(flake(Known(document)))
        except StopIteration as end:
            return playing, end.value


def played(flake: Flake, **more: Any) -> Played:
    """What it came to."""
    return play(flake, **more)[1]


def refused(flake: Flake, **more: Any) -> str:
    """The summary of the error that it ends with."""
    try:
        play(flake, **more)
    except NivisError as error:
        return error.diagnostics[0].summary
    raise AssertionError("it converged")
