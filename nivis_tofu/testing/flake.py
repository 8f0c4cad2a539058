"""What the flake says: its tests, what its plans come to, what its checks hold to be true."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import IRError, NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.namespace import of_stack
from nivis_tofu.core.nearest import did_you_mean
from nivis_tofu.ir import decode
from nivis_tofu.ir.ledger import exact
from nivis_tofu.ir.model import IR
from nivis_tofu.nix.diagnose import Diagnosis
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.nix.watch import APPLY
from nivis_tofu.testing.case import Case, Check, Played
from nivis_tofu.testing.play import Play
from nivis_tofu.testing.rounds import each

_KEYS = ("vars", "plan", "stack", "outputs", "check")
_NAMES = "tests: _: builtins.attrNames tests"
_READ = """
tests: map (name: let
  test = tests.${name};
  sets = builtins.filter (k: test ? ${k} && !builtins.isAttrs test.${k}) [ "vars" "outputs" ];
  wrong =
    if !builtins.isAttrs test then "it is ${builtins.typeOf test}, and not an attribute set"
    else if sets != [ ] then "`${builtins.head sets}` is not an attribute set"
    else if test ? plan && test ? stack then "it has both `plan` and `stack`"
    else "";
  in if wrong != "" then { inherit name wrong; } else {
    inherit name wrong;
    vars = test.vars or { };
    outputs = test.outputs or { };
    stack = test.stack or "";
    plan = test ? plan;
    check = test ? check;
    names = builtins.attrNames test;
  })
"""
_PLANS = f"plan: map (told: ({APPLY}) plan {{ ledger = told.ledger; watched = {{ }}; }})"
_OWN_PLANS = f"tests: map (told: ({APPLY}) tests.${{told.test}}.plan {{ ledger = told.ledger; watched = {{ }}; }})"
_CHECKS = """
tests: map (told: let
  found = tests.${told.test}.check { inherit (told) resources outputs phases; };
  one = check:
    if !(builtins.isAttrs check && builtins.isString (check.name or null) && builtins.isBool (check.ok or null))
    then throw "nivis: a check is { name = <string>; ok = <boolean>; message = <string>; }"
    else { inherit (check) name ok; message = if check.ok then "" else toString (check.message or ""); };
  in if builtins.isList found then map one found
  else throw "nivis: `check` returns a list of { name, ok, message }, and not ${builtins.typeOf found}")
"""


@immutable
class Flake:
    """`nix` evaluates the attribute that holds the plan; `tests` is the one that holds the tests."""

    nix: Nix
    tests: str
    joined: Callable[[IR], IR] = lambda ir: ir
    """The IR with what the project joins to it."""
    heard: Callable[[str], None] = lambda _: None
    """Gets what Nix wrote before anything of it is shown."""
    note: Callable[[Collection[str]], None] = lambda _: None
    """Gets the names of all tests."""

    def cases(self, wanted: Collection[str] = ()) -> list[tuple[Case, NivisError | None]]:
        """The tests, or those that are wanted, each with what is wrong with it.

        Raises NoAttributeError if there are none, NivisError if they cannot be read.
        """
        nix = self._at(self.tests)
        words = Diagnosis(nix).attribute
        names = nix.apply(_NAMES, None, lambda trace: words(trace, "Nix could not read the tests"), self.heard)
        self.note(names)
        for name in wanted:
            if name not in names:
                raise NivisError.of(
                    "No such test",
                    f"`{self.tests}` has no test `{name}`.",
                    did_you_mean(name, names, f"There are: {', '.join(names)}." if names else ""),
                )
        chosen = [name for name in names if not wanted or name in wanted]
        read = each(
            lambda few: nix.apply(_READ, few, self._words("Nix could not read a test", few), self.heard), chosen
        )
        return [_case(name, found) for name, found in zip(chosen, read, strict=True)]

    def plans(self, asked: Sequence[tuple[Play, Mapping[str, Any]]]) -> list[IR | NivisError]:
        """The IR for each ledger document; equal questions are one."""
        keys = [(*self._place(play.case), json_text.dumps(ledger)) for play, ledger in asked]
        ledgers = {key: ledger for key, (_, ledger) in zip(keys, asked, strict=True)}
        found: dict[tuple[str, str, str], IR | NivisError] = {}
        for place in dict.fromkeys(key[0] for key in keys):
            mine = [key for key in ledgers if key[0] == place]
            told = [{"test": key[1], "ledger": ledgers[key]} for key in mine]
            documents = each(self._asks(place), told)
            found |= {key: self._decoded(document) for key, document in zip(mine, documents, strict=True)}
        return [found[key] for key in keys]

    def checks(self, played: Sequence[tuple[Case, Played]]) -> list[tuple[Check, ...] | NivisError]:
        """What the checks of each test say of what it came to."""
        nix = self._at(self.tests)

        def ask(few: Sequence[Any]) -> Any:
            return nix.apply(_CHECKS, few, self._words("Nix could not evaluate a check", few), self.heard)

        told = [
            {
                "test": case.name,
                "resources": exact(dict(found.resources), "", (), {}),
                "outputs": exact(dict(found.outputs), "", (), {}),
                "phases": found.phases,
            }
            for case, found in played
        ]
        return [
            found if isinstance(found, NivisError) else tuple(Check(c["name"], c["ok"], c["message"]) for c in found)
            for found in each(ask, told)
        ]

    def _place(self, case: Case) -> tuple[str, str]:
        """The attribute that holds the plan of a test, and the test if the plan is its own."""
        if case.own_plan:
            return self.tests, case.name
        return of_stack(case.stack).attribute if case.stack else self.nix.attr, ""

    def _asks(self, place: str) -> Callable[[Sequence[Any]], Any]:
        nix = self._at(place)
        if place == self.tests:
            words = functools.partial(self._words, "Nix could not evaluate the plan")
            return lambda few: nix.apply(_OWN_PLANS, few, words(few), self.heard)
        return lambda few: nix.apply(_PLANS, few, Diagnosis(nix).plan if len(few) == 1 else None, self.heard)

    def _words(self, what: str, few: Sequence[Any]) -> Callable[[str], NivisError] | None:
        """Words for the failure of one; of many nobody knows yet whose it is."""
        if len(few) != 1:
            return None
        found = Diagnosis(self._at(self.tests))
        return lambda trace: found.told(found.failure(trace), trace, what)

    def _decoded(self, document: Any) -> IR | NivisError:
        if isinstance(document, NivisError):
            return document
        try:
            return self.joined(decode.decode(document))
        except NivisError as error:
            return error

    def _at(self, attribute: str) -> Nix:
        return replace(self.nix, attr=attribute, copied=self.nix.source)


def _case(name: str, read: Any) -> tuple[Case, NivisError | None]:
    if isinstance(read, NivisError):
        return Case(name), read
    if problem := read["wrong"] or next(_problems(read), ""):
        return Case(name), IRError.of(
            "A malformed test",
            f"`{name}`: {problem}.",
            "A test is `{ vars ?, outputs ?, plan ? or stack ?, check ? }`.",
        )
    return Case(name, read["vars"], read["outputs"], read["stack"], read["plan"], read["check"]), None


def _problems(read: Mapping[str, Any]) -> Iterator[str]:
    for name in read["names"]:
        if name not in _KEYS:
            yield f"it has an element `{name}` that tests do not have"
    if not isinstance(read["stack"], str):
        yield "`stack` is not the name of a stack"
    for id_, names in read["outputs"].items():
        if not isinstance(names, dict):
            yield f'`outputs."{id_}"` is not an attribute set'
