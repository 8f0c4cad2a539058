"""Bytes that a child writes: kept within bounds, or cut into lines."""

from __future__ import annotations

from collections.abc import Callable

STDERR_HEAD = 64 * 1024
STDERR_TAIL = 256 * 1024


class BoundedBuffer:
    """Keeps the beginning and the end of a text of any length."""

    def __init__(self, head: int = STDERR_HEAD, tail: int = STDERR_TAIL) -> None:
        self._head_size, self._tail_size = head, tail
        self._head, self._tail, self._dropped = bytearray(), bytearray(), 0

    def add(self, data: bytes) -> None:
        room = self._head_size - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        # Trimming only at twice the size keeps the cost linear.
        if len(self._tail) > 2 * self._tail_size:
            self._trim()

    def text(self) -> str:
        self._trim()
        gap = f"\n… {self._dropped} bytes left out …\n".encode() if self._dropped else b""
        return (bytes(self._head) + gap + bytes(self._tail)).decode("utf-8", "replace")

    def _trim(self) -> None:
        excess = max(0, len(self._tail) - self._tail_size)
        del self._tail[:excess]
        self._dropped += excess


class LineSplitter:
    """Bytes in, whole lines out; linear in the length of a line."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._rest = bytearray()

    def add(self, data: bytes) -> None:
        *complete, last = data.split(b"\n")
        for piece in complete:
            line, self._rest = self._rest + piece, bytearray()
            self._on_line(line.removesuffix(b"\r").decode("utf-8", "replace"))
        self._rest += last

    def finish(self) -> None:
        """The last line, if it has no newline."""
        if self._rest:
            self.add(b"\n")
