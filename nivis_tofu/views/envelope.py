"""The envelope of every JSON document of ours: an object with the version of its form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nivis_tofu.core import json_text

VERSION = 1


def document(body: Mapping[str, Any], *, indent: int | None = 2) -> str:
    """`body` as JSON text with a `version`, which grows when readers of the present form could no longer read it."""
    return json_text.dumps({"version": VERSION, **body}, indent=indent)
