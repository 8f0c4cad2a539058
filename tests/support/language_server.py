"""A client of a language server: what an editor says to it, over stdin and stdout."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CURSOR = "|"
_CANCELLED = -32800
"""The server was changing its mind about the file meanwhile."""


class Editor:
    """One server at work on one directory."""

    def __init__(self, process: subprocess.Popen[bytes], root: Path) -> None:
        self._process, self._root, self._asked = process, root, 0
        text = {"hover": {"contentFormat": ["markdown"]}, "completion": {}}
        about = {"processId": None, "rootUri": root.as_uri(), "capabilities": {"textDocument": text}}
        self.capabilities: Mapping[str, Any] = self._ask("initialize", about)["capabilities"]
        self._tell("initialized", {})

    def completions(self, name: str, text: str) -> dict[str, Any]:
        """Label -> item, at the cursor in the text of a file."""
        found = self._at("textDocument/completion", name, text)
        items = found.get("items", []) if isinstance(found, dict) else found or []
        return {item["label"]: item for item in items}

    def hover(self, name: str, text: str) -> str:
        found = self._at("textDocument/hover", name, text)
        return str(found["contents"]["value"]) if found else ""

    def definition(self, name: str, text: str) -> list[str]:
        """The files that the cursor leads to."""
        found = self._at("textDocument/definition", name, text) or []
        return [str(place["uri"]).removeprefix("file://") for place in found]

    def close(self) -> int:
        self._ask("shutdown", None)
        self._tell("exit", None)
        return self._process.wait(timeout=30)

    def _at(self, method: str, name: str, text: str) -> Any:
        before, _, after = text.partition(CURSOR)
        path = self._root / name
        path.write_text(before + after)
        document = {"uri": path.as_uri(), "languageId": "nix", "version": 1, "text": before + after}
        self._tell("textDocument/didOpen", {"textDocument": document})
        place = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        found = self._ask(method, {"textDocument": {"uri": path.as_uri()}, "position": place})
        self._tell("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})
        return found

    def _ask(self, method: str, params: Any) -> Any:
        for _ in range(50):
            self._asked += 1
            self._send({"id": self._asked, "method": method, "params": params})
            while True:
                said = self._read()
                if "method" in said and "id" in said:
                    self._send({"id": said["id"], "result": None})
                elif said.get("id") == self._asked:
                    break
            if "error" not in said:
                return said["result"]
            assert said["error"]["code"] == _CANCELLED, said
            time.sleep(0.1)
        raise AssertionError(f"{method} is cancelled again and again")

    def _tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self) -> Any:
        assert self._process.stdout
        length = 0
        while header := self._process.stdout.readline().strip():
            name, _, value = header.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        return json.loads(self._process.stdout.read(length))


@contextmanager
def editing(argv: Sequence[str], root: Path, env: Mapping[str, str] | None = None) -> Iterator[Editor]:
    """A server that is started for a directory, and ended."""
    with subprocess.Popen(
        argv, cwd=root, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield Editor(process, root)
        finally:
            process.kill()
