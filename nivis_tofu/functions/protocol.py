"""Plugin protocol 6, as far as a provider speaks it that has functions: requests and responses as bytes.

The numbers are those of the protocol's definition, `tfplugin6.proto`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from nivis_tofu.core.immutable import immutable
from nivis_tofu.functions.protobuf import chunk, chunks, decode, encode, text

SERVICE = "tfplugin6.Provider"
VERSION = 6
_EMPTY_SCHEMA = encode((2, b""))
# The engine needs no schema of ours where it has one already.
_CAPABILITIES = encode((2, True))


@immutable
class Parameter:
    """A parameter of a function; `kind` is a type in the engine's JSON form."""

    name: str
    kind: object
    allow_null: bool = False
    allow_unknown: bool = False

    def message(self) -> bytes:
        return encode((1, self.name), (2, _kind(self.kind)), (3, self.allow_null), (4, self.allow_unknown))


@immutable
class Function:
    """A function that the provider offers."""

    parameters: tuple[Parameter, ...]
    returns: object
    summary: str = ""

    def message(self) -> bytes:
        parameters = [p.message() for p in self.parameters]
        return encode((1, parameters), (3, encode((1, _kind(self.returns)))), (4, self.summary))


@immutable
class Request:
    """A call of a function; the arguments are msgpack of the parameters' types."""

    name: str
    arguments: tuple[bytes, ...]


def provider_schema(functions: Mapping[str, Function], resources: Mapping[str, bytes] = {}) -> bytes:
    """The response to GetProviderSchema. `resources`: type -> `Schema` message."""
    return encode(
        (1, _EMPTY_SCHEMA), (2, _table(resources)), (6, _CAPABILITIES), (7, _table(_messages(functions)))
    )  # fmt: skip


def metadata(functions: Mapping[str, Function], resources: Mapping[str, bytes] = {}) -> bytes:
    """The response to GetMetadata."""
    named = [encode((1, name)) for name in functions]
    return encode((1, _CAPABILITIES), (4, [encode((1, name)) for name in resources]), (5, named))


def functions_only(functions: Mapping[str, Function]) -> bytes:
    """The response to GetFunctions."""
    return encode((1, _table(_messages(functions))))


def read_call(request: bytes) -> Request:
    """The request of CallFunction."""
    fields = decode(request)
    return Request(text(fields, 1), tuple(chunk(decode(value), 1) for value in chunks(fields, 2)))


def answered(result: bytes) -> bytes:
    """The response to CallFunction with a value."""
    return encode((1, encode((1, result))))


def refused(message: str) -> bytes:
    """The response to CallFunction with an error, which becomes one of the engine's diagnostics."""
    return encode((2, encode((1, message))))


def _messages(functions: Mapping[str, Function]) -> dict[str, bytes]:
    return {name: function.message() for name, function in functions.items()}


def _table(entries: Mapping[str, bytes]) -> list[bytes]:
    return [encode((1, key), (2, value)) for key, value in entries.items()]


def _kind(kind: object) -> bytes:
    return json.dumps(kind).encode()
