"""Secret strings are taken out of text that is shown or logged."""

from __future__ import annotations

from collections.abc import Iterable

from nivis_tofu.core import json_text


class Redactor:
    """Removes secret strings from text that is shown or logged."""

    MIN_LENGTH = 4
    REPLACEMENT = "(sensitive)"

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: list[str] = []
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Learn secrets in the forms in which they may appear: raw, inside JSON, line by line."""
        forms = set(self._forms)
        for secret in secrets:
            for piece in (secret, *secret.splitlines()):
                for form in (piece, json_text.dumps(piece)[1:-1], json_text.dumps(piece, indent=1)[1:-1]):
                    if len(form.strip()) >= self.MIN_LENGTH:
                        forms.add(form)
        # A secret that contains another one must go first.
        self._forms = sorted(forms, key=lambda form: (-len(form), form))

    def redact(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, self.REPLACEMENT)
        return text
