"""A server with a made-up release of OpenTofu, signed by a key made for tests; it can be told to misbehave.

Archive, list of checksums and signature are the same bytes each time: `release/` beside this file has the signature.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nivis_tofu.release import install, signature, transfer
from nivis_tofu.release.pinned import Release

FIXTURES = Path(__file__).with_name("release")
KEY = FIXTURES / "key.asc"
VERSION = "1.2.3"
PLATFORM = "linux_amd64"
PADDING = 300_000
SCRIPT = f"#!/bin/sh\necho 'Warning: no configuration'; echo 'OpenTofu v{VERSION}'; exit\n".encode() + b"#" * PADDING
ARCHIVE = f"tofu_{VERSION}_{PLATFORM}.zip"
SUMS = f"tofu_{VERSION}_SHA256SUMS"


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as files:
        files.writestr(zipfile.ZipInfo("tofu"), SCRIPT)
    return out.getvalue()


def sums() -> bytes:
    digest = hashlib.sha256(archive()).hexdigest()
    return f"{'0' * 64}  tofu_{VERSION}_windows_amd64.zip\n{digest}  {ARCHIVE}\n".encode()


class Told(install.Cache):
    """A cache that keeps what is told."""

    def __init__(self, root: Path, env: dict[str, str] | None = None) -> None:
        self.lines: list[str] = []
        super().__init__(root, dict(os.environ) if env is None else env, self.lines.append)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass
class ReleaseServer:
    """What it serves by path, and how it does so. `cuts`: bytes after which each connection for the archive ends."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    ranges: bool = True
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def release(self) -> Release:
        return Release(VERSION, PLATFORM, hashlib.sha256(archive()).hexdigest(), self.url)

    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]

    def ranges_asked(self) -> list[str]:
        return [headers.get("Range", "") for path, headers in self.requests if path.endswith(".zip")]


@contextlib.contextmanager
def serving() -> Iterator[ReleaseServer]:
    found = ReleaseServer()
    place = f"/v{VERSION}"
    found.files = {
        f"{place}/{ARCHIVE}": archive(),
        f"{place}/{SUMS}": sums(),
        f"{place}/{SUMS}.gpgsig": (FIXTURES / "SHA256SUMS.gpgsig").read_bytes(),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, found)

        def log_message(self, *args: object) -> None:
            """Requests are not worth a line."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    server.server_close()


def _answer(handler: BaseHTTPRequestHandler, server: ReleaseServer) -> None:
    # A proxy gets the whole URL.
    path = re.sub(r"^http://[^/]+", "", handler.path)
    server.requests.append((handler.path, dict(handler.headers)))
    body = server.files.get(path)
    if body is None:
        handler.send_error(404)
        return
    start = _start(handler.headers.get("Range", "")) if server.ranges else 0
    if start >= len(body):
        handler.send_error(416)
        return
    handler.send_response(206 if start else 200)
    if start:
        handler.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
    handler.send_header("Content-Length", str(len(body) - start))
    handler.end_headers()
    cut = server.cuts.pop(0) if server.cuts and path.endswith(".zip") else len(body)
    handler.wfile.write(body[start : start + cut])


def _start(header: str) -> int:
    found = re.fullmatch(r"bytes=(\d+)-", header)
    return int(found[1]) if found else 0


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReleaseServer]:
    monkeypatch.setattr(transfer, "PAUSE", 0.0)
    monkeypatch.setattr(signature, "KEY", KEY)
    with serving() as found:
        yield found
