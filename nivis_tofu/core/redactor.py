"""Secret strings are taken out of text that is shown or logged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nivis_tofu.core import json_text


class Redactor:
    """Removes secret strings from text that is shown or logged."""

    MIN_LENGTH = 4
    REPLACEMENT = "(sensitive)"

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        self._begun: dict[str, set[int]] = {}
        """How long those are that begin so: with thousands of secrets, a text is not searched for each."""
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Learn secrets in the forms in which they may appear: raw, inside JSON, line by line."""
        for secret in secrets:
            if secret not in self._forms:
                for form in (form for piece in (secret, *secret.splitlines()) for form in _forms(piece)):
                    if len(form.strip()) >= self.MIN_LENGTH and form not in self._forms:
                        self._forms.add(form)
                        self._begun.setdefault(form[: self.MIN_LENGTH], set()).add(len(form))

    def finds(self, text: str) -> bool:
        """Is there a secret in a text?"""
        return next(self._found(text), None) is not None

    def redact(self, text: str) -> str:
        # Of secrets that overlap nothing is left, whichever begins first.
        pieces, end = [], 0
        for start, stop in sorted(self._found(text)):
            if start >= end:
                pieces += [text[end:start], self.REPLACEMENT]
            end = max(end, stop)
        return "".join([*pieces, text[end:]]) if end else text

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        """(start, end) of each secret in a text, in the way that takes less time."""
        if len(self._forms) < len(text):
            for form in self._forms:
                at = text.find(form)
                while at >= 0:
                    yield at, at + len(form)
                    at = text.find(form, at + 1)
            return
        for at in range(len(text) - self.MIN_LENGTH + 1) if self._forms else ():
            for length in self._begun.get(text[at : at + self.MIN_LENGTH], ()):
                if text[at : at + length] in self._forms:
                    yield at, at + length


def _forms(piece: str) -> tuple[str, ...]:
    return piece, json_text.dumps(piece)[1:-1], json_text.dumps(piece, indent=1)[1:-1]
