"""A try that an engine may refuse at once: nobody hears of it before it has begun."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any

from nivis_tofu.core.immutable import mutable
from nivis_tofu.tofu.messages import DiagnosticMessage, Message, Version

OnMessage = Callable[[Message], None]
OnRaw = Callable[[str, dict[str, Any]], None]


@mutable
class Withheld:
    """Hands on what an engine says, as soon as it has begun with what it was told to do."""

    on_message: OnMessage
    on_raw: OnRaw | None
    _begun: bool = False
    _said: list[Callable[[], None]] = field(default_factory=list)

    def message(self, message: Message) -> None:
        if not isinstance(message, Version | DiagnosticMessage):
            self.release()
        self._say(lambda: self.on_message(message))

    @property
    def raw(self) -> OnRaw | None:
        tell = self.on_raw
        return (lambda command, line: self._say(lambda: tell(command, line))) if tell else None

    def release(self) -> None:
        """It was no refusal: all may hear it."""
        self._begun = True
        for say in self._said:
            say()
        self._said.clear()

    def forget(self) -> None:
        """It was one."""
        self._said.clear()

    def _say(self, say: Callable[[], None]) -> None:
        if self._begun:
            say()
        else:
            self._said.append(say)
