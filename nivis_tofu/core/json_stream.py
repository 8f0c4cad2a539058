"""A large JSON document read from pieces of its text, which is never in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.regex import regex

_BLANK = regex(r"[ \t\n\r]*")
_UNSURE = 2
"""Characters at the end of a window that may belong to a number before them: `1` of `1e+5` is a number, too."""


def loads(pieces: Iterable[str]) -> Any:
    """What `json_text.loads` makes of the whole text. Raises ValueError for what cannot be read.

    An object is read entry by entry, and a list in it element by element; one element is in memory as a whole.
    """
    return _Window(pieces).document()


class _Window:
    """What is read of the text and not yet used, from `_at` on."""

    def __init__(self, pieces: Iterable[str]) -> None:
        self._pieces, self._text, self._at, self._ended = iter(pieces), "", 0, False
        self._decoder = json_text.sharing()

    def document(self) -> Any:
        if self._sign() != "{":
            found = self._value()
        else:
            found = {}
            for _ in self._items("{", "}"):
                name = self._name()
                found[name] = list(self._list()) if self._sign() == "[" else self._value()
        if self._sign():
            raise ValueError("something follows the document")
        return found

    def _list(self) -> Iterable[Any]:
        return (self._value() for _ in self._items("[", "]"))

    def _items(self, begin: str, end: str) -> Iterable[None]:
        """Stands at each item in turn."""
        self._expect(begin)
        if self._sign() != end:
            yield
            while self._sign() != end:
                self._expect(",")
                yield
        self._expect(end)

    def _name(self) -> str:
        if self._sign() != '"':
            raise ValueError("no name")
        found: str = self._value()
        self._expect(":")
        return found

    def _expect(self, sign: str) -> None:
        if self._sign() != sign:
            raise ValueError(f"no {sign}")
        self._at += 1

    def _sign(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            blank = _BLANK.match(self._text, self._at)
            self._at = blank.end() if blank else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._grow()

    def _value(self) -> Any:
        if not self._sign().isascii():
            raise ValueError("no value")  # the decoder passes over marks of byte order
        while True:
            try:
                found, end = self._decoder.raw_decode(self._text, self._at)
            except RecursionError:
                raise json_text.TooDeepError("nested too deeply") from None
            except ValueError:
                if self._ended:
                    raise
            else:
                if self._ended or end + _UNSURE < len(self._text):
                    halves = any(self._text.find(half, self._at, end) >= 0 for half in json_text.HALVES)
                    self._at = end
                    return json_text.whole(found) if halves else found
            self._grow()

    def _grow(self) -> None:
        """Twice as much is read as is left: what is longer than a window is not read from its start too often."""
        parts = [self._text[self._at :]]
        wanted = 2 * len(parts[0]) + 1
        while sum(map(len, parts)) < wanted and not self._ended:
            piece = next(self._pieces, None)
            self._ended = piece is None
            parts.append(piece or "")
        self._text, self._at = "".join(parts), 0
