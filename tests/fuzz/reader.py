"""What a reader is to a fuzzer."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fuzz import inputs


@dataclass(frozen=True)
class Reader:
    """A row of the table. `good`: bytes it can read, as they come in earnest."""

    name: str
    read: Callable[[bytes], object]
    good: Callable[[], Sequence[bytes]]
    pieces: tuple[bytes, ...] = ()
    """What its language consists of, to be put anywhere."""
    raises: tuple[type[Exception], ...] = (OSError, RecursionError)
    """What it may raise beside errors of ours: the one boundary of the command line has words for these."""
    json: bool = False
    """Are inputs JSON? Then places of a document are exchanged too."""
    weight: int = 1
    """How much more than others an input costs: of these there are fewer in the unit tests."""
    file: str = ""
    """It reads the file of this name; the unit tests put other things than files there."""
    call: Callable[[Path], object] = lambda _: None
    """What reads that file."""

    def seeds(self) -> Sequence[bytes]:
        return self.good()

    def inputs(self) -> inputs.Maker:
        """What makes an input of dice."""
        good = list(self.seeds())
        texts = inputs.texts(good, self.pieces)
        if not self.json:
            return texts
        documents = inputs.documents([found for text in good if (found := parsed(text)) is not None])
        # Three of four are JSON still: others end in the parser.
        return lambda dice: (texts if dice.random() < 0.25 else documents)(dice)


def parsed(text: bytes) -> Any:
    """What a text is as JSON, None if it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None


@functools.cache
def scratch() -> Path:
    """A directory of this process, made once."""
    place = tempfile.TemporaryDirectory(prefix="fuzz-")
    _KEPT.append(place)
    return Path(place.name)


_KEPT: list[Any] = []


def of_file(
    name: str,
    file: str,
    call: Callable[[Path], object],
    good: Callable[[], Sequence[bytes]],
    pieces: tuple[bytes, ...] = (),
    **more: Any,
) -> Reader:
    """A reader of a file: what is made is put there first."""

    def read(made: bytes) -> object:
        path = scratch() / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made)
        return call(path)

    return Reader(name, read, good, pieces, file=file, call=call, **more)


def text(call: Callable[[str], object], errors: str = "replace") -> Callable[[bytes], object]:
    """A reader of a text that somebody else has decoded."""
    return lambda made: call(made.decode("utf-8", errors))


def seeds(*documents: Any) -> Callable[[], Sequence[bytes]]:
    """Good inputs from literals: texts, bytes, or documents."""
    return lambda: [
        d if isinstance(d, bytes) else (d if isinstance(d, str) else json.dumps(d)).encode() for d in documents
    ]
