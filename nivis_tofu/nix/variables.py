"""Variables for `lib.mkVars`: NIVIS_VAR_x, then `nivis.auto.*`, then files, then flags; later ones win."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError, NixError, VariableFault
from nivis_tofu.core.nearest import nearest
from nivis_tofu.core.regex import regex
from nivis_tofu.nix.trace import TraceStep
from nivis_tofu.nix.variable_files import SUFFIXES, read_file
from nivis_tofu.system import process
from nivis_tofu.system.files import listed

PREFIX = process.OURS
AUTO = "nivis.auto."
PRECEDENCE = f"{PREFIX}x < {AUTO}* < --var-file < --var"


def collect(
    env: Mapping[str, str], files: Sequence[str], flags: Sequence[str], base: Path, stack: str = ""
) -> tuple[dict[str, Any], dict[str, str]]:
    """(values, where each came from, and over what). Strings of flags and environment are coerced by the library.

    `stack`: the one that they are for, which has files of its own.
    """
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}

    def put(name: str, value: Any, where: str) -> None:
        values[name], origin[name] = value, f"{where}, over {origin[name]}" if name in origin else where

    for name, value in sorted(env.items()):
        if name.startswith(PREFIX) and len(name) > len(PREFIX):
            put(name.removeprefix(PREFIX), value, name)
    for path in _automatic(base, stack):
        for name, value in read_file(path).items():
            put(name, value, path.name)
    for file in files:
        for name, value in read_file(base / file).items():
            put(name, value, f"--var-file {file}")
    for flag in flags:
        name, equals, value = flag.partition("=")
        if not equals or not name:
            # What was typed is not repeated: it may be a value whose name was forgotten.
            raise NivisError.of(
                "Malformed --var", "A `--var` has no name, or no `=` and value after it.", "Write `--var name=value`."
            )
        if name != name.strip():
            raise NivisError.of(
                "Malformed --var",
                f"The name in `--var '{name}=…'` has white space around it.",
                f"Write `--var '{name.strip()}=…'`; what follows the `=` is the value, its white space included.",
            )
        put(name, value, "--var")
    return values, origin


def _automatic(base: Path, stack: str) -> list[Path]:
    """Files that nobody has to name: with a stack `nivis.auto.json` and then `nivis.auto.STACK.json`, else all."""
    found = [p for p in listed(base, f"{AUTO}*") if p.suffix in SUFFIXES and p.is_file()]
    if not stack:
        return found
    parts = {path: path.name.removeprefix(AUTO).split(".")[:-1] for path in found}
    return [p for p in found if not parts[p]] + [p for p in found if parts[p] == [stack]]


# Libraries without the tag; what Nix says after this step quotes the value.
_READING = regex(r"while reading variable '(.+)' as JSON(?: of type (\w+))?")
_EXAMPLES = {"list": """'{}=["a", "b"]'""", "attrs": """'{}={{"key": "value"}}'"""}


def fault(steps: Iterable[TraceStep]) -> VariableFault | None:
    """What is wrong with a variable, as the steps of Nix's trace tell it, innermost first."""
    for step in steps:
        match step.tag:
            case ("variable", ("missing" | "refused" | "unreadable") as what, str(name), str(type_)):
                return VariableFault(what, name, type_)
        if found := _READING.fullmatch(step.text):
            return VariableFault("unreadable", found[1], found[2] or "")
    return None


def unreadable(found: VariableFault) -> NixError:
    """The error for a variable that Nix could not read as JSON."""
    told = Diagnostic(
        "A variable is not valid JSON",
        f"The value of the variable '{found.name}' is not JSON"
        + (f", which the type {found.type} takes" if found.type else "")
        + ". It is not shown, and neither is what Nix says of it, because that quotes it.",
    )
    return NixError(told, fault=found)


def hint(found: VariableFault, origin: Mapping[str, str]) -> str:
    """What to do about a variable; `origin`: where each that is given comes from."""
    name = found.name
    if found.what == "missing":
        # Only what this command was given for the flake: the environment may be full of other things.
        typed = [n for n, where in origin.items() if where.startswith("--var")]
        if near := nearest(name, typed):
            return f"`{near}` (from {origin[near]}) is given, and no `{name}`: did you mean `{name}`?"
        return (
            f"Set it with `--var {name}=…`, in a --var-file, in {AUTO}json (or .yaml, .tfvars) beside the flake, or as "
            f"{PREFIX}{name}. Later ones win: {PRECEDENCE}."
        )
    where = f"The value of `{name}` comes from {origin[name]}. Later ones win: {PRECEDENCE}." if name in origin else ""
    return f"{_as_json(name, found.type)} {where}".strip()


def _as_json(name: str, kind: str) -> str:
    """How to write a variable whose type is read as JSON."""
    if kind and kind not in _EXAMPLES:
        return ""
    examples = [f"`--var {_EXAMPLES[k].format(name)}`" for k in ([kind] if kind else _EXAMPLES)]
    return f"Variables of type list and attrs take JSON, as in {' or '.join(examples)}."


def texts(value: Any) -> set[str]:
    """Strings and numbers inside a secret value, in the forms in which they are shown; text may be JSON itself."""
    match value:
        case str():
            return {value, json_text.dumps(value)[1:-1]} | texts(_inside(value))
        case Mapping():
            return set().union(*map(texts, value.values()))
        case list():
            return set().union(*map(texts, value))
        case _ if value is None or isinstance(value, bool):
            return set()
        case _:
            return {str(value)}


def _inside(text: str) -> Any:
    """The list or table that a text on a command line stands for."""
    if text.lstrip()[:1] not in ("[", "{"):
        return None
    try:
        return json_text.loads(text)
    except ValueError:
        return None
