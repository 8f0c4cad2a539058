"""Variables for `lib.mkVars`: NIVIS_VAR_x, then `nivis.auto.*`, then files, then flags; later ones win."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.nearest import nearest
from nivis_tofu.core.text_position import misread
from nivis_tofu.system import process
from nivis_tofu.system.files import read_text

PREFIX = process.OURS
AUTO = "nivis.auto."
SUFFIXES = (".json", ".yaml", ".yml", ".tfvars")
PRECEDENCE = f"{PREFIX}x < {AUTO}* < --var-file < --var"


def collect(
    env: Mapping[str, str], files: Sequence[str], flags: Sequence[str], base: Path
) -> tuple[dict[str, Any], dict[str, str]]:
    """(values, where each came from, and over what). Strings of flags and environment are coerced by the library."""
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}

    def put(name: str, value: Any, where: str) -> None:
        values[name], origin[name] = value, f"{where}, over {origin[name]}" if name in origin else where

    for name, value in sorted(env.items()):
        if name.startswith(PREFIX) and len(name) > len(PREFIX):
            put(name.removeprefix(PREFIX), value, name)
    for path in sorted(p for p in base.glob(f"{AUTO}*") if p.suffix in SUFFIXES and p.is_file()):
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


_MISSING = re.compile(r"nivis\.mkVars: required variable '([^']+)' is not set")
_REFUSED = re.compile(r"nivis\.mkVars: variable '([^']+)' expects type '(\w+)'")
_READING = re.compile(r"^\s*… while reading variable '(.+)' as JSON(?: of type (\w+))?$", re.M)
_NOT_JSON = re.compile(r"The value of the variable '([^']+)' is not JSON(?:, which the type (\w+) takes)?")
_EXAMPLES = {"list": """'{}=["a", "b"]'""", "attrs": """'{}={{"key": "value"}}'"""}


def missing(nix: str) -> str:
    """The name of the variable that Nix's text asks for; empty if it asks for none."""
    found = _MISSING.search(nix)
    return found[1] if found else ""


def malformed(trace: str) -> Diagnostic | None:
    """The error for a variable that Nix could not read as JSON, as its trace tells."""
    found = _READING.search(trace)
    if not found:
        return None
    name, kind = found.groups()
    return Diagnostic(
        "A variable is not valid JSON",
        f"The value of the variable '{name}' is not JSON"
        + (f", which the type {kind} takes" if kind else "")
        + ". It is not shown, and neither is what Nix says of it, because that quotes it.",
    )


def hint(text: str, origin: Mapping[str, str]) -> str:
    """What to do where an error, Nix's or our own, complains of a variable."""
    if name := missing(text):
        # Only what this command was given for the flake: the environment may be full of other things.
        typed = [n for n, where in origin.items() if where.startswith("--var")]
        if near := nearest(name, typed):
            return f"`{near}` (from {origin[near]}) is given, and no `{name}`: did you mean `{name}`?"
        return (
            f"Set it with `--var {name}=…`, in a --var-file, in {AUTO}json (or .yaml, .tfvars) beside the flake, or as "
            f"{PREFIX}{name}. Later ones win: {PRECEDENCE}."
        )
    found = _NOT_JSON.search(text) or _REFUSED.search(text)
    if not found:
        return ""
    name, kind = found.groups()
    where = f"The value of `{name}` comes from {origin[name]}. Later ones win: {PRECEDENCE}." if name in origin else ""
    return f"{_as_json(name, kind)} {where}".strip()


def _as_json(name: str, kind: str | None) -> str:
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
    except (ValueError, RecursionError):
        return None


MARK = "trace: nivis-read "
APPLY = (
    'plan: { ledger, watched }: let told = what: builtins.trace "nivis-read ${builtins.toJSON what}"; '
    'vars = builtins.mapAttrs (name: told [ "vars" name ]) (builtins.intersectAttrs watched ledger.vars); '
    'outputs = told [ "outputs" ] ledger.outputs; '
    "in if watched == { } then plan ledger "
    'else told [ "plan" ] (plan (ledger // { inherit outputs; vars = ledger.vars // vars; }))'
)
"""Nix: the plan for a ledger, with a trace of which of the watched variables it reads, and whether outputs."""
_MARKED = re.compile(rf"^{MARK}(\[.*\])$", re.M)
_CUT = re.compile(r"^… \d+ bytes left out …$", re.M)


@dataclass
class Watch:
    """Which variables the evaluations of a run have read, and which of them the flake calls sensitive.

    Those of the command line that none has read are told once, when nothing was left out.
    """

    origin: Mapping[str, str]
    on_secret: Callable[[str], None] = lambda _: None
    """Gets the name of a sensitive variable before anything that Nix says is shown."""
    unread: set[str] = field(init=False)
    """Of the command line."""
    unseen: set[str] = field(init=False)
    """Wherever they come from."""
    declared: dict[str, bool] = field(default_factory=dict)
    """By `lib.mkVars`: is it sensitive?"""
    _complete: bool = False

    def __post_init__(self) -> None:
        self.unread = {name for name, where in self.origin.items() if where.startswith("--var")}
        self.unseen = set(self.origin)

    @property
    def watched(self) -> frozenset[str]:
        """What the next evaluation has to tell of."""
        return frozenset(self.unread if self._complete else self.unread | self.unseen)

    @property
    def unused(self) -> frozenset[str]:
        """What nothing has read, and nothing is going to."""
        return frozenset(self.unseen) if self._complete else frozenset()

    def is_plain(self, name: str, *, told: bool = True) -> bool:
        """Is it certain that a variable is not sensitive? `told`: does the library say what is declared?"""
        return not self.declared.get(name, not told) and name not in self.unseen

    def declare(self, stderr: str) -> None:
        """Take in what `lib.mkVars` declared, also where the evaluation failed."""
        for mark in _marks(stderr):
            if mark[0] == "declared":
                _, name, sensitive = mark
                self.declared[name] = self.declared.get(name, False) or sensitive
                if sensitive:
                    self.on_secret(name)

    def learn(self, stderr: str, document: Any, ledger: Mapping[str, Any]) -> None:
        """Take in what one evaluation traced."""
        marks = list(_marks(stderr))
        if ("plan",) not in marks or _CUT.search(stderr):
            return
        seen = {mark[1] for mark in marks if mark[0] == "vars"}
        self.unread -= seen
        self.unseen -= seen
        # A plan that reads outputs by itself may do more when there are more of them.
        outputs = ledger["outputs"] if ("outputs",) in marks else None
        self._complete = self._complete or (bool(self.unread | self.unseen) and _is_whole(document, outputs))

    def by_engine(self, names: Collection[str]) -> None:
        """What the engine's own variables are given is read by the engine."""
        self.unread -= set(names)
        self.unseen -= set(names)

    def warning(self, words: Callable[[], Iterable[str]] = tuple) -> Diagnostic | None:
        """What is to be said now, if anything; no more is watched then. `words`: names that the flake is made of."""
        if not (self._complete and self.unread):
            return None
        names, self.unread = sorted(self.unread), set()
        known = list(words())
        close = {n: near for n in names if (near := nearest(n, known, cutoff=0.75)) and near != n}
        meant = "".join(f"Did you mean `{near}` by `{n}`? " for n, near in close.items())
        return Diagnostic(
            "A variable was not used" if len(names) == 1 else "Variables were not used",
            "Nothing in the flake read " + ", ".join(f"`{name}` (from {self.origin[name]})" for name in names) + ".",
            f"{meant}Check the spelling: a flake reads variables as `ledger.vars.NAME` or by `lib.mkVars`.",
            severity="warning",
        )


def _marks(stderr: str) -> Iterator[tuple[Any, ...]]:
    return (tuple(json_text.loads(mark)) for mark in _MARKED.findall(stderr))


def _is_whole(document: Any, outputs: Mapping[str, Any] | None) -> bool:
    """Has Nix computed everything there is? With `outputs`: has everything there is been seen by it?"""
    if not isinstance(document, dict) or document.get("pending") or any(_waiting(document)):
        return False
    entries = [*document.get("resources", []), *document.get("dataSources", [])]
    return outputs is None or all(entry.get("id") in outputs for entry in entries)


def _waiting(value: Any) -> Iterator[bool]:
    """One for each derived value that has no value yet."""
    if isinstance(value, list):
        for item in value:
            yield from _waiting(item)
    elif isinstance(value, dict):
        if isinstance(derived := value.get("__derived"), dict) and "value" not in derived:
            yield True
        for item in value.values():
            yield from _waiting(item)


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
        raise misread("A variable file is malformed", path, error, _KINDS[path.suffix]) from None
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
        import hcl2

        return _plain_hcl(hcl2.loads(text))
    return _plain_yaml(_load_yaml(text))


def _load_yaml(text: str) -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """Without timestamps: a date is the text that was written."""

    resolvers = yaml.SafeLoader.yaml_implicit_resolvers
    Loader.yaml_implicit_resolvers = {
        first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
        for first, pairs in resolvers.items()
    }
    return yaml.load(text, Loader) or {}  # noqa: S506 - a SafeLoader


def _plain_yaml(value: Any, where: str = "") -> Any:
    """YAML has more than JSON: keys of any kind, numbers that are none, bytes, sets."""
    match value:
        case dict():
            return {str(k): _plain_yaml(v, _below(where, str(k))) for k, v in value.items()}
        case list():
            return [_plain_yaml(v, f"{where}[{i}]") for i, v in enumerate(value)]
        case float() if isfinite(value):
            return Decimal(repr(value))
        case str() | bool() | int() | None:
            return value
        case _:
            raise _Unfit(where, "not one that JSON has")


def _below(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _plain_hcl(value: Any, where: str = "") -> Any:
    """python-hcl2 keeps strings and keys as they were written, and wraps expressions in `${…}`."""
    match value:
        case dict():
            named = {_key(k): v for k, v in value.items() if not str(k).startswith("__")}
            return {k: _plain_hcl(v, _below(where, k)) for k, v in named.items()}
        case list():
            return [_plain_hcl(v, f"{where}[{i}]") for i, v in enumerate(value)]
        case str() if (here := _HEREDOC.match(value)) is not None:
            lines = here["body"].splitlines(keepends=True)
            indent = min((len(x) - len(x.lstrip(" \t")) for x in lines), default=0) if here["dash"] else 0
            return _literal("".join(line[indent:] for line in lines), where)
        case str() if len(value) >= 2 and value[0] == value[-1] == '"':
            return _ESCAPED.sub(_unescape, _literal(value[1:-1], where))
        case str() if re.fullmatch(r"\$\{-?[0-9.]+[eE][+-]?[0-9]+\}", value):
            return Decimal(value[2:-1])
        case str():
            raise _Unfit(where, "an expression; only literal values can stand in a variable file")
        case float():
            return Decimal(repr(value))
        case _:
            return value


_HEREDOC = re.compile(r'"<<(?P<dash>-?)(?P<end>\w+)\n(?P<body>(?:.*\n)*?)[ \t]*(?P=end)"\Z')
_ESCAPED = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_SHORT = {"n": "\n", "r": "\r", "t": "\t"}


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if len(code) > 1 else _SHORT.get(code, code)


def _literal(text: str, where: str) -> str:
    """Template text that has no template in it."""
    if re.search(r"[$%]\{", text.replace("$${", "").replace("%%{", "")):
        raise _Unfit(where, "a template; only literal values can stand in a variable file")
    return text.replace("$${", "${").replace("%%{", "%{")


def _key(text: str) -> str:
    return str(_plain_hcl(text)) if text.startswith('"') else text
