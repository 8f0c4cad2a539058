"""Addresses of resource instances as the engine writes them: parse and print."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from nivis_tofu.core.code_points import character
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import EngineError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex

Mode = Literal["managed", "data", "ephemeral"]
InstanceKey = str | int | None

_DIGITS = regex(r"([0-9]+)")
_NAME = regex(r"[^\W\d][\w-]*")
_INT_KEY = regex(r"\[(-?[0-9]{1,19})\]")
_STRING_KEY = regex(r'\["((?:[^"\\]|\\.)*)"\]', re.DOTALL)
_ESCAPE = regex(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)|\$\$(?=\{)|%%(?=\{)", re.DOTALL)
_SIMPLE_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_PRINTED_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


@immutable(slots=True)
class Address:
    """`module.m["k"].data.aws_x.y[0]` taken apart; `module` is the path's text, empty for the root."""

    module: str
    mode: Mode
    type: str
    name: str
    key: InstanceKey = None

    @staticmethod
    @lru_cache(maxsize=16384)
    def parse(text: str) -> Address:
        return _Parser(text).address()

    @property
    def resource(self) -> str:
        """The address without its instance key."""
        mode = "" if self.mode == "managed" else f"{self.mode}."
        prefix = f"{self.module}." if self.module else ""
        return f"{prefix}{mode}{self.type}.{self.name}"

    def __str__(self) -> str:
        return self.resource + format_key(self.key)


def bare(address: str) -> str:
    """The address without its instance key; an address in a module becomes that module."""
    base = address.partition("[")[0]
    return ".".join(base.split(".", 2)[:2]) if base.startswith("module.") else base


def order(address: str) -> list[str]:
    """A key to sort addresses by, so that `[2]` comes before `[10]`."""
    return [part.zfill(20) if i % 2 else part for i, part in enumerate(_DIGITS.split(address))]


def format_key(key: InstanceKey) -> str:
    """An instance key in brackets, quoted as the engine quotes it."""
    if key is None:
        return ""
    if isinstance(key, int):
        return f"[{key}]"
    out = []
    for index, char in enumerate(key):
        if char in _PRINTED_ESCAPES:
            out.append(_PRINTED_ESCAPES[char])
        elif char in "$%":
            out.append(char * 2 if key[index + 1 : index + 2] == "{" else char)
        elif not char.isprintable():
            out.append(f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}")
        else:
            out.append(char)
    return f'["{"".join(out)}"]'


def _unescape(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        code = match[1]
        if code is None:
            return match[0][0]
        if code[0] in "uU" and len(code) > 1:
            return character(code[1:])
        return _SIMPLE_ESCAPES.get(code, code)

    return _ESCAPE.sub(one, text)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def address(self) -> Address:
        end_of_module = 0
        word = self._word()
        while word == "module":
            self._dot()
            self._word()
            self._key()
            end_of_module = self._at
            self._dot()
            word = self._word()
        mode: Mode = "managed"
        if word in ("data", "ephemeral"):
            mode = "data" if word == "data" else "ephemeral"
            self._dot()
            word = self._word()
        self._dot()
        name = self._word()
        key = self._key()
        if self._at != len(self._text):
            raise self._error()
        return Address(self._text[:end_of_module], mode, word, name, key)

    def _word(self) -> str:
        match = _NAME.match(self._text, self._at)
        if match is None:
            raise self._error()
        self._at = match.end()
        return match[0]

    def _dot(self) -> None:
        if not self._text.startswith(".", self._at):
            raise self._error()
        self._at += 1

    def _key(self) -> InstanceKey:
        if match := _INT_KEY.match(self._text, self._at):
            self._at = match.end()
            return int(match[1])
        if match := _STRING_KEY.match(self._text, self._at):
            self._at = match.end()
            return _unescape(match[1])
        return None

    def _error(self) -> EngineError:
        return EngineError(
            Diagnostic(
                "Not a resource address",
                f"{self._text!r} cannot be read as a resource address (near position {self._at + 1}).",
                'An address looks like aws_s3_bucket.logs or module.site["eu"].data.aws_region.here[0].',
            )
        )
