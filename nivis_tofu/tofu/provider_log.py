"""What providers log, as the engine writes it to the file that TF_LOG_PATH names: lines for the reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from nivis_tofu.core.regex import regex

_ENTRY = regex(r"\S+ \[(TRACE|DEBUG|INFO|WARN|ERROR)\] +provider(?:\.(\S+?))?: (.*)", re.DOTALL)
_FIELDS = regex(r":? (?:@?[a-z_]+\.)*@?[a-z_]+=.*", re.DOTALL)


class ProviderLog:
    """The file from where it was read last. `verbatim`: with the fields that follow a message."""

    def __init__(self, file: Path, *, verbatim: bool) -> None:
        self._file, self._verbatim, self._read = file, verbatim, 0

    def news(self) -> Iterator[str]:
        """One line for each new entry; entries of the engine itself are left out."""
        try:
            with self._file.open("rb") as log:
                log.seek(self._read)
                data = log.read()
        except OSError:
            return
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.decode("utf-8", "replace").splitlines():
            if found := _ENTRY.fullmatch(line):
                level, provider, text = found.groups()
                shown = text if self._verbatim else _FIELDS.sub("", text)
                yield f"provider note ({level.lower()}) {provider or ''}: {shown}".replace(" :", ":")
