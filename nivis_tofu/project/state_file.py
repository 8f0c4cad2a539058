"""A local state file as text; what it says is read elsewhere."""

from __future__ import annotations

import codecs
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_stream, json_text
from nivis_tofu.tofu.raw_state import LARGE

ERRORED = "errored.tfstate"
"""Where the engine leaves a state that it could not save, in the directory it runs in."""
STEP = 0.05
"""Seconds between two looks at a file that is being written."""
_CHUNK, _HEAD, _END = 1 << 20, 2000, 100


def has_resources(file: Path) -> bool:
    """Whether a local state file contains anything; an unreadable one does."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return False
    try:
        data = json_text.loads(text) if text.strip() else {}
        return bool(data.get("resources") or data.get("encrypted_data"))
    except (ValueError, AttributeError):
        return True


def lineage(file: Path) -> str:
    """The lineage of a local state, or "" if there is none that can be read."""
    try:
        data = json_text.loads(file.read_text(encoding="utf-8"))
        return str(data.get("lineage") or "")
    except (OSError, ValueError, AttributeError):
        return ""


def read_whole(path: Path) -> str:
    """A local state file; the engine writes it in place, so half of one may be seen for a moment."""
    for _ in range(20):
        text = path.read_bytes().decode("utf-8", "replace")
        if not text or text[-_END:].rstrip().endswith("}"):
            break
        time.sleep(STEP)
    return text


def large(path: Path) -> tuple[bytes, dict[str, Any]] | None:
    """(digest, content) of a large state of the engine in clear, without its text, which may be twice as large.

    None for any other file, and for one that is damaged: `read_whole` has the text that an error is about.
    """
    mark = hashlib.sha256()

    def pieces() -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while data := file.read(_CHUNK):
            mark.update(data)
            yield decoder.decode(data)
        yield decoder.decode(b"", final=True)

    try:
        with path.open("rb") as file:
            head = file.read(_HEAD) if os.fstat(file.fileno()).st_size > LARGE else b""
            if b'"lineage"' not in head or b'"encrypted_data"' in head:
                return None
            file.seek(0)
            found = json_stream.loads(pieces())
    except (OSError, ValueError):
        return None
    return (mark.digest(), found) if isinstance(found, dict) else None


def digest(text: str) -> bytes:
    """A digest of a text, which is that of its file."""
    found = hashlib.sha256()
    for at in range(0, len(text), _CHUNK):
        found.update(text[at : at + _CHUNK].encode("utf-8", "replace"))
    return found.digest()


def digest_of(path: Path) -> bytes | None:
    """The same of a file without its text; None where there is no file that can be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return None


def is_older(path: Path, text: str) -> bool:
    """Whether the file holds the same state as `text`, at the same or an earlier serial."""
    try:
        there, here = json_text.loads(path.read_bytes()), json_text.loads(text)
        return bool(there["lineage"] == here["lineage"] and there["serial"] <= here["serial"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def rescued(home: Path, *directories: Path) -> Path | None:
    """The file in `home` with the state that the engine could not save, wherever the engine left it.

    One that could not be written either is none.
    """
    target = home / ERRORED
    for left in (*(directory / ERRORED for directory in directories), target):
        if left.is_symlink() or not left.exists():
            continue
        if not _is_whole(left):
            left.unlink()
        elif left != target:
            left.replace(target)
    return target if target.exists() else None


def _is_whole(file: Path) -> bool:
    try:
        return isinstance(json_text.loads(file.read_bytes()), dict)
    except ValueError:
        return False
