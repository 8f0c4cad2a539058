from __future__ import annotations

import io
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from nivis_tofu.cli import lsp


def test_it_talks_over_stdin_and_stdout(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b'{"jsonrpc": "2.0", "id": 7, "method": "initialize", "params": {}}'
    sink = io.BytesIO()
    monkeypatch.setattr(
        sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"Content-Length: %d\r\n\r\n" % len(body) + body))
    )
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=sink))
    common: Any = None
    assert lsp.lsp(common) == 0
    assert b'"id": 7' in sink.getvalue()
    assert b'"hoverProvider": true' in sink.getvalue()
