"""Takes the spans of engines, on this machine alone, and passes them on: what is secret in them does not get further.

So an engine never waits for whoever takes them in the end, and gets no credentials for that.
"""

from __future__ import annotations

import gzip
import secrets
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.trace import SpanContext

from nivis_tofu.telemetry import engine_spans

_VARIABLE = "OTEL_EXPORTER_OTLP_TRACES_"


class Relay:
    """`take` gets each span; `text` takes secrets out of a text."""

    def __init__(self, take: Callable[[Any], None], text: Callable[[str], str]) -> None:
        self._take, self._text = take, text
        self._owners: dict[str, SpanContext] = {}
        """A word that only one process knows -> its span."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def environment(self, owner: SpanContext) -> dict[str, str]:
        """What makes a process send its spans here."""
        word = secrets.token_hex(8)
        self._owners[word] = owner
        return {
            "OTEL_TRACES_EXPORTER": "otlp",
            f"{_VARIABLE}ENDPOINT": f"http://127.0.0.1:{self._server.server_address[1]}/{word}",
            f"{_VARIABLE}PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",  # OpenTofu 1.10 knows that of all signals only
            f"{_VARIABLE}COMPRESSION": "none",
        }

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def receive(self, path: str, body: bytes) -> int:
        """Take what was sent to a path; the HTTP status for it."""
        owner = self._owners.get(path.strip("/"))
        if owner is None:
            return 404
        try:
            found = list(engine_spans.read(body, owner, self._text))
        except ValueError:
            return 400
        for span in found:
            self._take(span)
        return 200

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receive = self.receive

        class EngineRequest(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                self.send_response(receive(self.path, body))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is that of the class
                """Nothing is said of it."""

        return EngineRequest
