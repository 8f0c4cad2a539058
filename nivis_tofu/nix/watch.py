"""Which variables a flake reads: Nix traces it, and those that nothing reads are warned about."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.immutable import mutable
from nivis_tofu.core.nearest import nearest
from nivis_tofu.core.regex import regex

MARK = "trace: nivis-read "
APPLY = (
    'plan: { ledger, watched }: let told = what: builtins.trace "nivis-read ${builtins.toJSON what}"; '
    'vars = builtins.mapAttrs (name: told [ "vars" name ]) (builtins.intersectAttrs watched ledger.vars); '
    'outputs = told [ "outputs" ] ledger.outputs; '
    'ledgers = builtins.filter (entry: entry.prefix or "" == "nivis-ledger") builtins.nixPath; '
    "step = what: builtins.addErrorContext "
    '"nivis-step ${builtins.toJSON ([ (builtins.head ledgers).path ] ++ what)}"; '
    'bare = at: step [ "argument" "resources" at ] (step [ "error" unmade { } ] (throw unmade)); '
    'unmade = "nivis: the plan is an attribute set that does not come from lib.toIR: put lib.toIR { ... } around it"; '
    "place = at: if at == null then null else [ at.file at.line at.column ]; "
    "made = ir: if ir ? resources && !(ir ? schemaVersion) "
    'then bare (place (builtins.unsafeGetAttrPos "resources" ir)) else ir; '
    "in made (if watched == { } then plan ledger "
    'else told [ "plan" ] (plan (ledger // { inherit outputs; vars = ledger.vars // vars; })))'
)
"""Nix: the plan for a ledger, with a trace of which of the watched variables it reads, and whether outputs."""
_MARKED = regex(rf"^{MARK}(\[.*\])$", re.M)
_CUT = regex(r"^… \d+ bytes left out …$", re.M)


@mutable
class Watch:
    """Which variables the evaluations of a run have read, and which of them the flake calls sensitive.

    Those of the command line that none has read are told once, when nothing was left out.
    """

    origin: Mapping[str, str]
    on_secret: Callable[[Any], None] = lambda _: None
    """Gets the value of a sensitive variable before anything that Nix says is shown."""
    unread: set[str] = field(init=False)
    """Of the command line."""
    unseen: set[str] = field(init=False)
    """Wherever they come from."""
    declared: dict[str, bool] = field(default_factory=dict)
    """Given, and declared by `lib.mkVars`: is it sensitive?"""
    names: set[str] = field(default_factory=set)
    """All that `lib.mkVars` declares."""
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

    def declare(self, stderr: str, given: Mapping[str, Any]) -> None:
        """Take in what `lib.mkVars` declared, also where the evaluation failed. `given`: the variables' values."""
        for mark in _marks(stderr):
            if mark[0] == "names":
                self.names.update(mark[1])
            elif mark[0] == "declared":
                _, name, sensitive = mark
                self.declared[name] = self.declared.get(name, False) or sensitive
                if sensitive and name in given:
                    self.on_secret(given[name])

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
    """What the library traced; a text of that form which the flake wrote is none."""
    for found in _MARKED.findall(stderr) if MARK in stderr else ():
        with contextlib.suppress(ValueError):
            mark = json_text.loads(found)
            if _is_mark(mark):
                yield tuple(mark)


def _is_mark(found: Any) -> bool:
    match found:
        case ["plan"] | ["outputs"] | ["vars", str()] | ["declared", str(), bool()]:
            return True
        case ["names", list(names)]:
            return all(isinstance(name, str) for name in names)
        case _:
            return False


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
