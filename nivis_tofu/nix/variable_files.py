"""Files of variables: JSON, YAML and the engine's `.tfvars`, as plain JSON values with every digit of a number."""

from __future__ import annotations

from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.regex import regex
from nivis_tofu.core.text_position import misread
from nivis_tofu.system.files import read_text

SUFFIXES = (".json", ".yaml", ".yml", ".tfvars")


def read_file(path: Path) -> dict[str, Any]:
    """A table of variables from .json, .yaml / .yml, .tfvars or .tfvars.json."""
    text = read_text(path, "A variable file cannot be read")
    if path.suffix not in _KINDS:
        raise NivisError.of(
            "Unknown kind of variable file", f"{path} ends in none of .json, .yaml, .yml, .tfvars, .tfvars.json."
        )
    try:
        data = _parse(path.suffix, text)
    except _Unfit as error:
        raise NivisError.of("A variable file is malformed", f"{path}: {error}") from None
    except Exception as error:  # noqa: BLE001 - each of the three parsers has its own errors
        cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
        raise misread("A variable file is malformed", path, cause, _KINDS[path.suffix]) from None
    if not isinstance(data, dict):
        raise NivisError.of("A variable file is malformed", f"{path} does not hold a table of names and values.")
    return {str(k): v for k, v in data.items()}


_KINDS = {".json": "JSON", ".yaml": "YAML", ".yml": "YAML", ".tfvars": "a list of `name = value`"}


class _Unfit(Exception):
    """A value that cannot stand in a variable file: its key and what it is, never the value."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"the value of `{where}` is {what}." if where else f"a key is {what}.")


def _parse(suffix: str, text: str) -> Any:
    if suffix == ".json":
        return json_text.loads(text)
    if suffix == ".tfvars":
        return _literals(text)
    return _plain_yaml(_load_yaml(text))


def _literals(text: str) -> Any:
    from nivis_tofu.hcl import literal

    try:
        return literal.arguments(text)
    except literal.NotLiteralError as error:
        raise _Unfit(error.where, f"{error.what}; only literal values can stand in a variable file") from None


def _load_yaml(text: str) -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """Without timestamps: a date is the text that was written. Fractions keep their digits."""

    resolvers = yaml.SafeLoader.yaml_implicit_resolvers
    Loader.yaml_implicit_resolvers = {
        first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
        for first, pairs in resolvers.items()
    }
    for first in "-+.0123456789":
        Loader.yaml_implicit_resolvers.setdefault(first, []).insert(0, (_DECIMAL, _DECIMAL_TEXT))
    Loader.add_constructor(_DECIMAL, lambda _, node: Decimal(node.value))
    return yaml.load(text, Loader) or {}  # noqa: S506 - a SafeLoader


_DECIMAL = "!decimal"
_DECIMAL_TEXT = regex(r"[-+]?(?:\.\d+|\d+\.\d*|\d+(?=[eE]))(?:[eE][-+]?\d+)?\Z")
"""A fraction or a power of ten as YAML 1.2 writes it; PyYAML would take some for text, and round the others."""


def _plain_yaml(value: Any, where: str = "") -> Any:
    """YAML has more than JSON: keys of any kind, numbers that are none, bytes, sets."""
    match value:
        case dict():
            return {str(k): _plain_yaml(v, _below(where, str(k))) for k, v in value.items()}
        case list():
            return [_plain_yaml(v, f"{where}[{i}]") for i, v in enumerate(value)]
        case float() if isfinite(value):  # in base 60
            return Decimal(repr(value))
        case str() | bool() | int() | Decimal() | None:
            return value
        case _:
            raise _Unfit(where, "not one that JSON has")


def _below(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key
