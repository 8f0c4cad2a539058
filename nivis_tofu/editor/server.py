"""The language server protocol over two streams: one request after the other, whole documents."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from nivis_tofu import __version__
from nivis_tofu.core.regex import regex
from nivis_tofu.editor.cursor import Cursor, find
from nivis_tofu.editor.knowledge import MOST, Knowledge, knowledge_for

_FIELD, _SNIPPET, _WHOLE, _INFO = 5, 2, 1, 3
_UNREADABLE, _NO_METHOD, _FAILED = -32700, -32601, -32603
_NAME = "_'-"
_LENGTH = regex(rb"\s*[0-9]{1,12}\s*")
_CAPABILITIES = {
    "textDocumentSync": {"openClose": True, "change": _WHOLE},
    "completionProvider": {"triggerCharacters": [".", '"', "{", ";"]},
    "hoverProvider": True,
}


class LanguageServer:
    """What editors ask about the documents that they have open."""

    def __init__(self, known: Callable[[Path], Knowledge] = knowledge_for) -> None:
        self.known = known
        self.documents: dict[str, str] = {}
        self.snippets = False
        self.ended = False
        self.said: list[str] = []
        """Messages for the user that are to be sent."""
        self._told = False
        self.requests: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
            "initialize": self._initialize,
            "shutdown": lambda _: None,
            "textDocument/completion": self._completion,
            "textDocument/hover": self._hover,
        }

    def serve(self, source: BinaryIO, sink: BinaryIO) -> None:
        """Answer until the editor ends it or goes away."""
        while not self.ended and (message := _read(source)) is not None:
            if not isinstance(message, dict):
                _write(sink, {"id": None, "error": {"code": _UNREADABLE, "message": "not a JSON message"}})
            elif (answer := self.take(message)) is not None:
                _write(sink, {"id": message["id"], **answer})
            while self.said:
                text = {"type": _INFO, "message": self.said.pop()}
                _write(sink, {"method": "window/showMessage", "params": text})

    def take(self, message: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer to a request; None for what needs none."""
        method, parameters = str(message.get("method", "")), message.get("params") or {}
        if "id" not in message:
            with contextlib.suppress(KeyError, IndexError, TypeError, AttributeError):  # a note that is none
                self._note(method, parameters)
            return None
        if method not in self.requests:
            return {"error": {"code": _NO_METHOD, "message": f"{method} is not supported"}} if method else None
        try:
            return {"result": self.requests[method](parameters)}
        except Exception as error:  # noqa: BLE001 - an editor must not lose its server over one question
            return {"error": {"code": _FAILED, "message": f"{type(error).__name__}: {error}"}}

    def _note(self, method: str, parameters: Mapping[str, Any]) -> None:
        document = parameters.get("textDocument") or {}
        match method:
            case "textDocument/didOpen":
                self.documents[document["uri"]] = document["text"]
            case "textDocument/didChange":
                self.documents[document["uri"]] = parameters["contentChanges"][-1]["text"]
            case "textDocument/didClose":
                self.documents.pop(document["uri"], None)
            case "exit":
                self.ended = True

    def _initialize(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        document = (parameters.get("capabilities") or {}).get("textDocument") or {}
        item = (document.get("completion") or {}).get("completionItem") or {}
        self.snippets = bool(item.get("snippetSupport"))
        return {"capabilities": _CAPABILITIES, "serverInfo": {"name": "nivis", "version": __version__}}

    def _completion(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        text, at = self._at(parameters)
        cursor = find(text, at)
        known = self._known(parameters)
        if cursor and not known.is_there and not self._told:
            self._told = True
            self.said.append("nivis knows no resource types here yet: run `nivis init`, or `nivis gen PROVIDER`.")
        found = known.completions(cursor) if cursor else []
        return {"isIncomplete": len(found) == MOST, "items": [self._item(c, parameters, cursor) for c in found]}

    def _item(self, found: Any, parameters: Mapping[str, Any], cursor: Cursor | None) -> dict[str, Any]:
        end = parameters["position"]
        begin = {**end, "character": end["character"] - len(cursor.prefix if cursor else "")}
        text = found.text if self.snippets else found.text.replace("$0;", "")
        item = {
            "label": found.label,
            "kind": _FIELD,
            "detail": found.detail,
            "textEdit": {"range": {"start": begin, "end": end}, "newText": text},
        }
        item |= {"documentation": {"kind": "markdown", "value": found.about}} if found.about else {}
        return item | ({"insertTextFormat": _SNIPPET} if self.snippets else {})

    def _hover(self, parameters: Mapping[str, Any]) -> dict[str, Any] | None:
        text, at = self._at(parameters)
        while at < len(text) and (text[at].isalnum() or text[at] in _NAME):
            at += 1
        cursor = find(text, at)
        about = self._known(parameters).explained(cursor) if cursor else ""
        return {"contents": {"kind": "markdown", "value": about}} if about else None

    def _known(self, parameters: Mapping[str, Any]) -> Knowledge:
        return self.known(Path(unquote(urlsplit(parameters["textDocument"]["uri"]).path)))

    def _at(self, parameters: Mapping[str, Any]) -> tuple[str, int]:
        """The text of a document, and the offset of a position, which counts in units of UTF-16."""
        text = self.documents.get(parameters["textDocument"]["uri"], "")
        row, units = parameters["position"]["line"], parameters["position"]["character"]
        rows = text.split("\n")
        before = sum(len(one) + 1 for one in rows[:row])
        line = rows[row] if row < len(rows) else ""
        return text, min(before + len(line.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")), len(text))


def _write(sink: BinaryIO, message: Mapping[str, Any]) -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sink.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    sink.flush()


def _read(source: BinaryIO) -> Any:
    """One message; None at the end, a text if it is no message."""
    length = 0
    while header := source.readline():
        if not header.strip():
            try:
                return json.loads(source.read(length))
            except (ValueError, RecursionError):
                return ""
        name, _, value = header.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value) if _LENGTH.fullmatch(value) else 0
    return None
