"""Fetching over HTTP: small files whole, large ones in as many goes as the line needs.

Proxies are those of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), certificates too (SSL_CERT_FILE).
"""

from __future__ import annotations

import base64
import http.client
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError

TIMEOUT = 10.0
"""Seconds without a byte before a connection is given up."""
PATIENCE = 3
"""Goes that may bring nothing before the download is given up."""
PAUSE = 1.0
"""Seconds between two goes."""
CHUNK = 1 << 16
SMALL = 1 << 20
"""Bytes of a small file, at most."""

Progress = Callable[[int, int], None]
"""Gets bytes so far and bytes in all (0: unknown)."""


class UnavailableError(NivisError):
    """The download failed; `missing`: the server has no such file."""

    def __init__(self, url: str, reason: object, *, missing: bool = False) -> None:
        super().__init__(Diagnostic("OpenTofu could not be downloaded", f"{without_password(url)}: {reason}."))
        self.missing = missing
        self.reason = str(reason)


def without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def small(url: str) -> bytes:
    """A small file, soon or not at all: resolving a name has no time limit of its own, a thread has."""
    results: list[bytes | UnavailableError] = []

    def fetch() -> None:
        try:
            with _open(url, 0) as response:
                results.append(response.read(SMALL))
        except UnavailableError as error:
            results.append(error)
        except (OSError, http.client.HTTPException) as error:
            results.append(UnavailableError(url, _words(error)))

    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    thread.join(2 * TIMEOUT)
    match results:
        case [bytes() as content]:
            return content
        case [UnavailableError() as error]:
            raise error
        case _:
            raise UnavailableError(url, f"no answer within {2 * TIMEOUT:.0f} s")


def large(url: str, file: Path, progress: Progress = lambda *_: None) -> bool:
    """Fetch into `file`, going on where an earlier go stopped; True if it did. What is there stays for the next go.

    Raises UnavailableError, or OSError where the file cannot be written.
    """
    resumed = size(file) > 0
    fruitless = 0
    while True:
        before = size(file)
        try:
            if _go(url, file, progress):
                return resumed
            reason: object = "the connection ended early"
        except UnavailableError as error:
            if error.missing or fruitless + 1 >= PATIENCE:
                raise
            reason = error.reason
        fruitless = 0 if size(file) > before else fruitless + 1
        if fruitless >= PATIENCE:
            raise UnavailableError(url, f"{reason}, {PATIENCE} times in a row")
        time.sleep(PAUSE)


def size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _go(url: str, file: Path, progress: Progress) -> bool:
    """One connection; True if the file is complete."""
    start = size(file)
    try:
        response = _open(url, start)
    except UnavailableError as error:
        if error.__cause__ is None or getattr(error.__cause__, "code", 0) != 416:
            raise
        file.unlink(missing_ok=True)  # longer than what the server has: another file
        return False
    with response:
        start = _resumes_at(response, start)
        length = response.headers.get("Content-Length")
        whole = start + int(length) if length else 0
        with file.open("r+b" if start else "wb") as out:
            out.seek(start)
            while chunk := _read(response, url):
                out.write(chunk)
                progress(out.tell(), whole)
            return not whole or out.tell() >= whole


def _resumes_at(response: Any, wanted: int) -> int:
    """Where the answer begins; a server may send everything although a part was asked for."""
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range") or "")
    return wanted if getattr(response, "status", 0) == 206 and found and int(found[1]) == wanted else 0


def _read(response: Any, url: str) -> bytes:
    try:
        return bytes(response.read1(CHUNK) if hasattr(response, "read1") else response.read(CHUNK))
    except http.client.IncompleteRead as error:
        return bytes(error.partial)
    except OSError as error:
        raise UnavailableError(url, _words(error)) from error


def _open(url: str, start: int) -> Any:
    try:
        request = urllib.request.Request(without_password(url), headers={"User-Agent": "nivis"})  # noqa: S310
        parts = urlsplit(url)
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
            # Not for the server that a redirect leads to.
            request.add_unredirected_header("Authorization", f"Basic {base64.b64encode(pair).decode()}")
        if start:
            request.add_header("Range", f"bytes={start}-")
        # An opener of its own: the one that urllib keeps remembers the proxies of its first call.
        return urllib.request.build_opener().open(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()
        raise UnavailableError(url, f"{error.code} {error.reason}", missing=error.code in (404, 410)) from error
    except (urllib.error.URLError, OSError, http.client.HTTPException, ValueError) as error:
        raise UnavailableError(url, _words(error), missing=_no_file(error)) from error


def _no_file(error: Exception) -> bool:
    """A mirror that is a directory (`file://`) has no such file."""
    return isinstance(getattr(error, "reason", None), FileNotFoundError)


def _words(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    if isinstance(reason, TimeoutError):
        return f"no answer within {TIMEOUT:.0f} s"
    return str(reason) or type(reason).__name__
