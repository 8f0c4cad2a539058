"""A provider in this process: gRPC on a unix socket that only its user can reach, announced by an environment variable.

Data: the engine's call -> leaf and inputs -> `answer` -> the value, or the words of an error.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from pathlib import Path
from typing import Any, Protocol

import grpc

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import mutable
from nivis_tofu.functions import protocol, values
from nivis_tofu.functions.answers import words
from nivis_tofu.functions.protocol import Function, Parameter
from nivis_tofu.ir.calls import FUNCTION_SOURCE

REATTACH = "TF_REATTACH_PROVIDERS"
THREADS = 16
LONGEST_SOCKET = 100
"""Bytes in the path of a unix socket; the system's limit is a little above."""
_INPUTS = Parameter("inputs", "dynamic", allow_null=True, allow_unknown=True)
FUNCTIONS = {
    "eval": Function(
        (Parameter("leaf", "string"), _INPUTS), "dynamic", "The value that Nix computes from these inputs."
    ),
    "values": Function(
        (Parameter("names", "string"), _INPUTS), "dynamic", "The values that Nix computes from these inputs, by name."
    ),
}
Handler = Callable[[bytes], bytes]


class Answering(Protocol):
    """What answers; `values.UNKNOWN` stands for what is not known on both sides."""

    def __call__(self, leaf: str, inputs: list[Any], /) -> Any:
        """The value of a leaf, from values of its inputs. Raises NivisError."""

    def shared(self, names: Sequence[str], inputs: list[Any], /) -> Mapping[str, Any]:
        """Values of many leaves with the same inputs, by name."""


def handlers(answer: Answering) -> dict[str, Handler]:
    """What the engine may ask of a provider that has functions and nothing else."""

    def call(request: bytes) -> bytes:
        try:
            name, what, inputs = _asked(request)
            many = name == "values"
            return protocol.answered(
                values.encode(answer.shared(what.split(), inputs) if many else answer(what, inputs))
            )
        except NivisError as error:
            return protocol.refused(words(error))

    return {
        "GetProviderSchema": lambda _: protocol.provider_schema(FUNCTIONS),
        "GetMetadata": lambda _: protocol.metadata(FUNCTIONS),
        "GetFunctions": lambda _: protocol.functions_only(FUNCTIONS),
        "ValidateProviderConfig": lambda _: b"",
        "ConfigureProvider": lambda _: b"",
        "StopProvider": lambda _: b"",
        "CallFunction": call,
    }


def _asked(request: bytes) -> tuple[str, str, list[Any]]:
    """The function, what is wanted, and the values of its inputs. Raises NivisError for what no engine asks."""
    name, what, inputs = "", None, None
    try:
        asked = protocol.read_call(request)
        name, what, inputs = asked.name, values.decode(asked.arguments[0], "string"), values.decode(asked.arguments[1])
    except (ValueError, IndexError, TypeError, AttributeError, ArithmeticError, RecursionError):
        pass
    if not (isinstance(what, str) and isinstance(inputs, list)):
        raise NivisError.of(
            "A call of the engine cannot be read",
            "The function server was not asked for a value, or not in a way that it knows.",
            "Run it without `--one-plan`.",
        )
    return name, what, inputs


@mutable
class Server:
    """A running provider; `close` ends it."""

    handlers: Mapping[str, Handler]
    source: str = FUNCTION_SOURCE
    _directory: Path | None = None
    _server: Any = field(default=None)

    def start(self) -> None:
        directory = self._directory = _directory()
        # Two plugins may call at once, and a call waits for Nix.
        self._server = grpc.server(
            ThreadPoolExecutor(THREADS, thread_name_prefix="nivis-functions"),
            options=(("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)),
        )
        methods: Any = {name: grpc.unary_unary_rpc_method_handler(_method(h)) for name, h in self.handlers.items()}
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(protocol.SERVICE, methods),))
        if not self._server.add_insecure_port(f"unix:{directory / 'socket'}"):
            raise NivisError.of("The function server could not be started", f"No socket could be made in {directory}.")
        self._server.start()

    @property
    def environment(self) -> dict[str, str]:
        """How an engine finds this provider, beside those that the user runs himself."""
        return {REATTACH: json.dumps(self.entry)}

    @property
    def entry(self) -> dict[str, Any]:
        assert self._directory is not None
        address = {"Network": "unix", "String": str(self._directory / "socket")}
        # A plugin under test is one that the engine neither starts nor stops.
        return {
            self.source: {
                "Protocol": "grpc",
                "ProtocolVersion": protocol.VERSION,
                "Pid": os.getpid(),
                "Test": True,
                "Addr": address,
            }
        }

    def close(self) -> None:
        if self._server is not None:
            self._server.stop(0).wait()
            self._server = None
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None


@contextlib.contextmanager
def serving(handlers: Mapping[str, Handler], source: str = FUNCTION_SOURCE) -> Iterator[Server]:
    """A server for the length of a block."""
    server = Server(handlers, source)
    server.start()
    try:
        yield server
    finally:
        server.close()


def announced(env: Mapping[str, str], *servers: Server) -> dict[str, str]:
    """The environment with these providers beside those that the user runs."""
    try:
        others = json.loads(env.get(REATTACH) or "{}")
    except (ValueError, RecursionError):
        others = {}  # the engine itself says what is wrong with it
    found = dict(others) if isinstance(others, dict) else {}
    for server in servers:
        found |= server.entry
    return {**env, REATTACH: json.dumps(found)}


def _method(handler: Handler) -> Callable[[bytes, Any], bytes]:
    return lambda request, _: handler(request)


def _directory() -> Path:
    """A private directory for the socket, with a path short enough for one."""
    for base in (None, "/tmp"):  # noqa: S108 - mkdtemp makes a directory that nobody else can enter
        found = Path(tempfile.mkdtemp(prefix="nivis-", dir=base))
        if len(os.fsencode(found)) < LONGEST_SOCKET:
            return found
        found.rmdir()
    raise NivisError.of("The function server could not be started", "No temporary directory has a short enough path.")
