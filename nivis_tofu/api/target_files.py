"""Files of --target-file and --exclude-file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from nivis_tofu.core.regex import regex
from nivis_tofu.system.files import read_text

_BEFORE_COMMENT = regex(r"""(?:"(?:\\.|[^"\\])*"|[^"#])*""")
"""A `#` begins a comment, but not inside the key of an instance."""


def named_in(files: Iterable[Path]) -> Iterator[str]:
    """The ids, addresses or globs in files of --target-file and --exclude-file, one per line, with `#` comments."""
    for file in files:
        for line in read_text(file, "A file of targets cannot be read").splitlines():
            found = _BEFORE_COMMENT.match(line)
            if found and (name := found.group().strip()):
                yield name
