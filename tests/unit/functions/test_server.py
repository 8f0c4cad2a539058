"""The server, as a client of its socket sees it."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc
import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.functions import protocol, server
from nivis_tofu.functions.protobuf import chunk, chunks, decode, encode, text
from nivis_tofu.functions.values import UNKNOWN
from nivis_tofu.functions.values import decode as plain
from nivis_tofu.functions.values import encode as packed


class Echo:
    def __call__(self, leaf: str, inputs: list[Any]) -> Any:
        if leaf == "bad":
            raise NivisError.of("Wrong", "It is wrong.")
        return {leaf: inputs}

    def shared(self, names: Sequence[str], inputs: list[Any]) -> dict[str, Any]:
        return dict.fromkeys(names, inputs)


def call(running: server.Server, method: str, request: bytes = b"") -> bytes:
    path = running.entry[running.source]["Addr"]["String"]
    limits = [("grpc.max_receive_message_length", -1)]
    with grpc.insecure_channel(f"unix:{path}", options=limits) as channel:
        ask: Any = channel.unary_unary(f"/{protocol.SERVICE}/{method}")
        return bytes(ask(request, timeout=20))


def question(leaf: str, *inputs: Any, function: str = "eval") -> bytes:
    arguments = [encode((1, packed(leaf, "string"))), encode((1, packed(list(inputs))))]
    return encode((1, function), (2, arguments))


def test_a_call_from_outside() -> None:
    with server.serving(server.handlers(Echo())) as running:
        schema = decode(call(running, "GetProviderSchema"))
        assert [text(decode(entry), 1) for entry in chunks(schema, 7)] == ["eval", "values"]
        for method in ("ValidateProviderConfig", "ConfigureProvider", "StopProvider"):
            assert call(running, method) == b""
        assert call(running, "GetMetadata")
        assert call(running, "GetFunctions")
        found = decode(call(running, "CallFunction", question("b", 1, None, UNKNOWN)))
        assert plain(chunk(decode(chunk(found, 1)), 1)) == {"b": [1, None, UNKNOWN]}
        found = decode(call(running, "CallFunction", question("b c", 1, function="values")))
        assert plain(chunk(decode(chunk(found, 1)), 1)) == {"b": [1], "c": [1]}
        refused = decode(call(running, "CallFunction", question("bad")))
        assert text(decode(chunk(refused, 2)), 1) == "It is wrong."
        large = "x" * 8_000_000
        found = decode(call(running, "CallFunction", question("b", large)))
        assert plain(chunk(decode(chunk(found, 1)), 1)) == {"b": [large]}


def test_nobody_else_reaches_the_socket_and_nothing_of_it_stays() -> None:
    with server.serving({}) as running:
        place = Path(running.entry[running.source]["Addr"]["String"]).parent
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert not place.exists()
    running.close()


def test_a_long_temporary_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with server.serving({}) as running:
        assert len(os.fsencode(running.entry[running.source]["Addr"]["String"])) < 108
    assert not list(deep.iterdir())


@pytest.mark.parametrize(("before", "names"), [("", 1), ('{"a/b/c": {}}', 2), ("not JSON", 1), ("[]", 1)])
def test_providers_that_the_user_runs_stay(before: str, names: int) -> None:
    with server.serving({}) as running:
        env = server.announced({"A": "b", server.REATTACH: before}, running)
    found = json.loads(env[server.REATTACH])
    assert len(found) == names
    assert env["A"] == "b"
    assert found["nivis.invalid/nivis/nivis"]["Pid"] == os.getpid()


def test_no_directory_has_a_short_enough_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LONGEST_SOCKET", 1)
    with pytest.raises(NivisError, match="The function server could not be started"):
        server._directory()


@pytest.mark.parametrize("request_", [b"", b"\xff", question(""), encode((1, "eval"), (2, [b"", b""]))])
def test_a_call_that_cannot_be_read_is_refused_in_words(request_: bytes) -> None:
    found = decode(server.handlers(Echo())["CallFunction"](request_))
    assert 1 in found or text(decode(chunk(found, 2)), 1).startswith("The function server was not asked")
    if 1 not in found:
        with pytest.raises(NivisError, match="A call of the engine cannot be read"):
            server._asked(request_)


def test_a_number_whose_digits_would_fill_the_memory() -> None:
    with pytest.raises(ValueError, match="out of range"):
        plain(packed("1e999999999", "string"), "number")
