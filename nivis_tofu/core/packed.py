"""A JSON document that somebody may want later, kept small: as values it takes five times the memory of its text."""

from __future__ import annotations

import hashlib
import zlib
from functools import cached_property
from typing import Any

from nivis_tofu.core import json_text


class Packed:
    """A document as text, or one that is in memory anyway."""

    def __init__(self, text: str, document: Any) -> None:
        """`document`: what the text says, for the first who reads it."""
        encoded = text.encode()
        self.mark, self._text = mark(encoded), zlib.compress(encoded, 1)
        self._fresh = [document]

    @staticmethod
    def of(document: Any) -> Packed:
        """That of a document which somebody else keeps."""
        return _Kept(document)

    def read(self) -> Any:
        """The document, which is not kept here as values."""
        return self._fresh.pop() if self._fresh else json_text.loads(zlib.decompress(self._text))

    def look(self) -> Any:
        """The document, for who looks at it before its reader does."""
        return self._fresh[0] if self._fresh else self.read()

    def same(self, other: Packed) -> bool:
        """Whether it is certain, without a look at the values, that both are one document."""
        return self is other

    mark: str
    """A digest of the text; documents with the same one are equal."""


class _Kept(Packed):
    def __init__(self, document: Any) -> None:
        self._document = document

    def read(self) -> Any:
        return self._document

    look = read

    def same(self, other: Packed) -> bool:
        return isinstance(other, _Kept) and self._document is other._document

    @cached_property
    def mark(self) -> str:  # type: ignore[override]  # it is computed where it is asked for
        return mark(json_text.dumps(self._document).encode())


def mark(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
