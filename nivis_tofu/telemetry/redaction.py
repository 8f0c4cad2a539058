"""What takes secrets out of the texts of spans."""

from __future__ import annotations

from collections.abc import Callable


class Redaction:
    """Grows while a run learns what is secret."""

    def __init__(self) -> None:
        self._redacting: list[Callable[[str], str]] = []

    def add(self, redact: Callable[[str], str]) -> None:
        """From now on this takes secrets out of every text."""
        self._redacting.append(redact)

    def text(self, text: str) -> str:
        for redact in self._redacting:
            text = redact(text)
        return text
