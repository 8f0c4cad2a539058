"""A small server for the engine's http backend: one state per path, LOCK and UNLOCK, basic authentication."""

from __future__ import annotations

import base64
import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Shelf:
    """What a server holds; tests look into it and put locks there."""

    url: str
    password: str
    states: dict[str, bytes] = field(default_factory=dict)
    locks: dict[str, dict[str, str]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)


@contextlib.contextmanager
def http_state(password: str = "opensesame", user: str = "nivis") -> Iterator[Shelf]:
    """Serve until the block ends. Below `/lock`, POST locks and DELETE unlocks, as at GitLab."""
    shelf = Shelf("", password)
    expected = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def _as_lock(command: str, path: str) -> tuple[str, str]:
        if not path.endswith("/lock"):
            return command, path
        return {"POST": "LOCK", "DELETE": "UNLOCK"}.get(command, command), path.removesuffix("/lock")

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.partition("?")[0]
            shelf.seen.append(f"{self.command} {path}")
            if self.headers.get("Authorization") != expected:
                self._answer(401)
                return
            command, path = _as_lock(self.command, path)
            match command:
                case "GET":
                    self._answer(200 if path in shelf.states else 404, shelf.states.get(path, b""))
                case "POST":
                    shelf.states[path] = body
                    self._answer(200)
                case "DELETE":
                    shelf.states.pop(path, None)
                    self._answer(200)
                case "LOCK" if path in shelf.locks:
                    self._answer(423, json.dumps(shelf.locks[path]).encode())
                case "LOCK":
                    shelf.locks[path] = json.loads(body)
                    self._answer(200)
                case _:
                    shelf.locks.pop(path, None)
                    self._answer(200)

        do_GET = do_POST = do_DELETE = do_LOCK = do_UNLOCK = _serve  # noqa: N815 - the base class's names

        def _answer(self, code: int, body: bytes = b"") -> None:
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shelf.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield shelf
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
