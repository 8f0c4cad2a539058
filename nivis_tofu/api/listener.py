"""Who hears of a run that a program has started. What it raises does not reach into the run."""

from __future__ import annotations

from collections.abc import Callable

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.events import Event, Told, Warned


class Listener:
    """Hands events on to a callback, in the thread of the run; keeps what was warned of."""

    def __init__(self, callback: Callable[[Event], object] | None) -> None:
        self._callback = callback
        self._failure: Exception | None = None
        self._warnings: dict[Diagnostic, None] = {}

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """In the order in which they came, each once."""
        return tuple(self._warnings)

    def __call__(self, event: Event) -> None:
        if isinstance(event, Warned):
            self._warnings.setdefault(event.diagnostic)
        if self._callback is None or self._failure:
            return
        try:
            self._callback(event)
        except Exception as error:  # noqa: BLE001 - an engine must not die half-way for it; raised at the end
            self._failure = error

    def note(self, text: str) -> None:
        self(Told(text))

    def end(self) -> None:
        """Raise what the callback raised first; it has heard nothing since then."""
        if self._failure:
            self._failure.add_note("Raised by `on_event`. The run went on to its end without it.")
            raise self._failure
