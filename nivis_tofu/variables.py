"""Variables for `lib.mkVars`: NIVIS_VAR_x, then files, then flags; later ones win."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nivis_tofu import jsontext
from nivis_tofu.errors import NivisError

PREFIX = "NIVIS_VAR_"


def collect(
    env: Mapping[str, str], files: Sequence[str], flags: Sequence[str], base: Path
) -> tuple[dict[str, Any], dict[str, str]]:
    """(values, where each came from). Values of flags and environment are strings; the library coerces them."""
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}

    def put(name: str, value: Any, where: str) -> None:
        values[name], origin[name] = value, where

    for name, value in sorted(env.items()):
        if name.startswith(PREFIX) and len(name) > len(PREFIX):
            put(name.removeprefix(PREFIX), value, name)
    for file in files:
        for name, value in read_file(base / file).items():
            put(name, value, f"--var-file {file}")
    for flag in flags:
        name, equals, value = flag.partition("=")
        if not equals or not name:
            raise NivisError.of("Malformed --var", f"`--var {flag}` has no value.", "Write `--var name=value`.")
        put(name, value, "--var")
    return values, origin


def read_file(path: Path) -> dict[str, Any]:
    """A table of variables from .json, .yaml / .yml, .tfvars or .tfvars.json."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NivisError.of("A variable file cannot be read", f"{path}: {error}.") from None
    try:
        data = _parse(path, text)
    except NivisError:
        raise
    except Exception as error:  # noqa: BLE001 - each of the three parsers has its own errors
        raise NivisError.of("A variable file is malformed", f"{path}: {error}") from None
    if not isinstance(data, dict):
        raise NivisError.of("A variable file is malformed", f"{path} does not hold a table of names and values.")
    return {str(k): v for k, v in data.items()}


def _parse(path: Path, text: str) -> Any:
    if path.suffix == ".json":
        return jsontext.loads(text)
    if path.suffix in (".yaml", ".yml"):
        import yaml

        return yaml.safe_load(text) or {}
    if path.suffix == ".tfvars":
        import hcl2

        return _plain_hcl(hcl2.loads(text))
    raise NivisError.of(
        "Unknown kind of variable file", f"{path} ends in none of .json, .yaml, .yml, .tfvars, .tfvars.json."
    )


def _plain_hcl(value: Any) -> Any:
    """python-hcl2 keeps the quotes of strings and keys."""
    match value:
        case dict():
            return {_unquote(k): _plain_hcl(v) for k, v in value.items() if not str(k).startswith("__")}
        case list():
            return [_plain_hcl(v) for v in value]
        case str():
            return _unquote(value)
        case _:
            return value


def _unquote(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return str(jsontext.loads(text))
    return text
