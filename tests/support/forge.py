"""GitHub and GitLab, as far as comments on a pull or merge request go."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GITHUB = re.compile(r"/repos/o/r/issues/(?:7/comments|comments/(?P<id>\d+))")
GITLAB = re.compile(r"/projects/3/merge_requests/7/notes(?:/(?P<id>\d+))?")


@dataclass
class Forge:
    """The comments on request 7, and what was asked."""

    url: str = ""
    token: str = "t0ken"
    comments: list[dict[str, object]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def bodies(self) -> list[str]:
        return [str(comment["body"]) for comment in self.comments]


@contextlib.contextmanager
def forge() -> Iterator[Forge]:
    found = Forge()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            path, _, query = self.path.partition("?")
            found.asked.append(f"{self.command} {path}")
            match = GITHUB.fullmatch(path) or GITLAB.fullmatch(path)
            if found.token not in (self.headers.get("Authorization", "")[7:], self.headers.get("PRIVATE-TOKEN")):
                self._answer(403, {"message": "forbidden"})
            elif match is None:
                self._answer(404, {})
            else:
                self._answer(200, self._comment(match["id"], query))

        def _comment(self, number: str | None, query: str) -> object:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.command == "GET":
                page = int(query.rpartition("page=")[2] or 1)
                return found.comments[(page - 1) * 100 : page * 100]
            if number is None:
                found.comments.append({"id": 100 + len(found.comments), **json.loads(text)})
                return found.comments[-1]
            (comment,) = (c for c in found.comments if c["id"] == int(number))
            comment.update(json.loads(text))
            return comment

        do_GET = do_POST = do_PATCH = do_PUT = _serve  # noqa: N815 - the base class's names

        def _answer(self, code: int, body: object) -> None:
            data = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
