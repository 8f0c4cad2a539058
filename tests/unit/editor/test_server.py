from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.editor.knowledge import Knowledge
from nivis_tofu.editor.server import LanguageServer
from tests.support.provider_schema import provided

URI = "file:///p/flake.nix"


@pytest.fixture
def server(tmp_path: Path) -> LanguageServer:
    found = Knowledge([provided(tmp_path).schemas])
    return LanguageServer(lambda _: found)


def opened(server: LanguageServer, text: str) -> dict[str, Any]:
    """A document with a cursor (`|`), and the parameters of a question about that cursor."""
    before, _, after = text.partition("|")
    server.take({"method": "textDocument/didOpen", "params": {"textDocument": {"uri": URI, "text": before + after}}})
    row = before.rpartition("\n")[2]
    units = len(row.encode("utf-16-le")) // 2
    return {"textDocument": {"uri": URI}, "position": {"line": before.count("\n"), "character": units}}


def ask(server: LanguageServer, method: str, params: Any) -> Any:
    answer = server.take({"id": 1, "method": method, "params": params})
    assert answer is not None
    return answer["result"]


@pytest.mark.parametrize("snippets", [True, False])
def test_completion(server: LanguageServer, snippets: bool) -> None:
    item = {"completionItem": {"snippetSupport": snippets}}
    ask(server, "initialize", {"capabilities": {"textDocument": {"completion": item}}})
    # Characters beyond 16 bits count twice.
    found = ask(server, "textDocument/completion", opened(server, '\n/* 🚀 */ acme.acme_server "a" { na| }'))
    assert found["isIncomplete"] is False
    [name, named] = found["items"]
    assert (name["label"], named["label"]) == ("name", "named")
    assert name["documentation"] == {"kind": "markdown", "value": "What it is called."}
    span = {"start": {"line": 1, "character": 32}, "end": {"line": 1, "character": 34}}
    assert name["textEdit"] == {"range": span, "newText": "name = $0;" if snippets else "name = "}
    assert ("insertTextFormat" in name) == snippets


def test_hover_takes_the_whole_word(server: LanguageServer) -> None:
    for text in ('acme.acme_server "a" { na|me = "x"; }', 'acme.acme_server "a" { |name = "x"; }'):
        found = ask(server, "textDocument/hover", opened(server, text))
        assert found["contents"]["value"] == "`name`, required (string): What it is called."
    found = ask(server, "textDocument/hover", opened(server, 'acme.acme_ser|ver "a" { }'))
    assert found["contents"]["value"].startswith("`acme_server`, a resource type of")
    assert ask(server, "textDocument/hover", opened(server, "{ x| = 1; }")) is None


def test_documents_change_and_close(server: LanguageServer) -> None:
    params = opened(server, "|")
    text = 'acme.acme_server "a" { '
    change = {"textDocument": {"uri": URI}, "contentChanges": [{"text": text}]}
    server.take({"method": "textDocument/didChange", "params": change})
    params["position"] = {"line": 0, "character": len(text)}
    assert ask(server, "textDocument/completion", params)["items"]
    server.take({"method": "textDocument/didClose", "params": {"textDocument": {"uri": URI}}})
    assert ask(server, "textDocument/completion", params) == {"isIncomplete": False, "items": []}


def test_what_is_not_understood_is_answered(server: LanguageServer) -> None:
    assert server.take({"id": 1, "method": "nope"}) == {"error": {"code": -32601, "message": "nope is not supported"}}
    assert server.take({"method": "$/nope"}) is None
    assert server.take({"id": 1, "result": None}) is None
    broken = server.take({"id": 1, "method": "textDocument/hover", "params": {}})
    assert broken is not None
    assert broken["error"]["code"] == -32603


def framed(*messages: dict[str, Any]) -> bytes:
    bodies = [json.dumps({"jsonrpc": "2.0", **m}).encode() for m in messages]
    return b"".join(b"Content-Length: %d\r\nContent-Type: x\r\n\r\n" % len(b) + b for b in bodies)


def test_serving_ends_with_exit_or_with_the_editor(server: LanguageServer) -> None:
    sink = io.BytesIO()
    quick = framed({"id": 1, "method": "shutdown"}, {"method": "exit"}, {"id": 2, "method": "shutdown"})
    server.serve(io.BytesIO(quick), sink)
    assert sink.getvalue().count(b"Content-Length") == 1
    assert b'"id": 1' in sink.getvalue()
    LanguageServer().serve(io.BytesIO(b""), sink)


def test_a_project_without_schemas_is_told_once() -> None:
    server = LanguageServer(lambda _: Knowledge([]))
    text = 'acme.acme_server "a" { '
    at = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": len(text)}}
    document = {"uri": URI, "text": text}
    question = {"id": 1, "method": "textDocument/completion", "params": at}
    opening = {"method": "textDocument/didOpen", "params": {"textDocument": document}}
    sink = io.BytesIO()
    server.serve(io.BytesIO(framed(opening, question, question)), sink)
    assert sink.getvalue().count(b"window/showMessage") == 1
    assert b"run `nivis init`, or `nivis gen PROVIDER`" in sink.getvalue()


@pytest.mark.parametrize(
    "damaged", [b"Content-Length: -1\r\n\r\n", b"Content-Length: x\r\n\r\n", b"Content-Length: 2\r\n\r\n[]", b"Content-Length: 1\r\n\r\n{"]
)  # fmt: skip
def test_a_message_that_is_none_is_answered_and_the_next_one_heard(server: LanguageServer, damaged: bytes) -> None:
    body = json.dumps({"id": 1, "method": "shutdown"}).encode()
    sink = io.BytesIO()
    server.serve(io.BytesIO(damaged + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)), sink)
    assert b"-32700" in sink.getvalue()
    assert b'"result": null' in sink.getvalue()


@pytest.mark.parametrize(
    "params", [{}, {"textDocument": {}}, [], "x", {"textDocument": {"uri": "u"}, "contentChanges": []}]
)
def test_notes_that_are_none(server: LanguageServer, params: Any) -> None:
    for method in ("didOpen", "didChange", "didClose"):
        assert server.take({"method": f"textDocument/{method}", "params": params}) is None
