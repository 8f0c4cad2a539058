"""What stacks a flake has, and which uses which: one evaluation for all of them.

Data: the attribute `nivis.stacks`, a ledger for each stack -> an IR for each -> the stacks it refers to -> `Order`.
What only a later phase refers to is in no such IR: the last run of the stack has noted it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import IRError, NivisError, NixError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.namespace import STACKS, of_stack
from nivis_tofu.ir import decode
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.values import STACK
from nivis_tofu.nix.evaluate import Nix, mark
from nivis_tofu.project.memory import Remembered
from nivis_tofu.stacks.order import Order


@immutable
class Survey:
    """`irs`: what each stack declares before anything is known; without those that cannot be evaluated yet."""

    order: Order
    irs: Mapping[str, IR]
    ledgers: Mapping[str, Mapping[str, Any]]
    documents: Mapping[str, Any]
    """What Nix made of each ledger; without those that it could make nothing of."""

    @property
    def made(self) -> dict[str, Any]:
        """Documents by `mark`."""
        return {mark(of_stack(n).attribute, self.ledgers[n]): document for n, document in self.documents.items()}

    @property
    def read(self) -> list[tuple[Any, IR]]:
        """Documents with what they say."""
        return [(self.documents[name], ir) for name, ir in self.irs.items()]


def survey(nix: Nix, root: Path, ledgers: Mapping[str, Mapping[str, Any]], other: Mapping[str, Any]) -> Survey:
    """The stacks of a flake. `nix`: evaluates `nivis.stacks`; `root`: `.nivis/`.

    `ledgers`: of the stacks that this machine knows something of, which the flake need not have any more; `other`: that
    of all others. Raises NivisError.
    """
    names, documents = _all(nix, ledgers, other)
    if not names:
        raise NivisError.of(
            "The flake has no stacks",
            f"Its attribute `{STACKS}` is empty.",
            f"Define `{STACKS}.NAME = ledger: lib.toIR {{ … }};` in the flake's outputs.",
        )
    files: dict[str, str] = {}
    for name in names:
        # On some systems files whose names differ in case alone are one file.
        if (first := files.setdefault(of_stack(name).state.casefold(), name)) != name:
            raise _one_place(first, name, "Their names differ in case alone, and so do those of their files.")
    ledgers = {name: ledgers.get(name, other) for name in names}
    irs = {name: ir for name, document in documents.items() if (ir := _decoded(document))}
    _refuse_shared_places(irs)
    uses = {name: _used(irs.get(name)) | _noted(root, name) for name in names}
    order = Order({name: frozenset(found & set(names) | _used(irs.get(name))) for name, found in uses.items()})
    return Survey(order, irs, ledgers, documents)


def undeclared_outputs(irs: Mapping[str, IR]) -> Diagnostic | None:
    """A warning about what stacks use of others that do not declare it: those who use it would wait for it forever."""
    rows = [
        f"`{user}` uses the output `{output}` of `{used}`, which has {', '.join(sorted(irs[used].outputs)) or 'none'}."
        for user in sorted(irs)
        for used, output in sorted({(ref.resource.removeprefix(STACK), str(ref.path[0])) for ref in irs[user].stacks})
        # A joined root module has outputs of its own.
        if used in irs and not irs[used].root_module and output not in irs[used].outputs
    ]
    if not rows:
        return None
    hint = "Declare it there, or take the reference away: whoever uses it waits, and keeps what it has."
    return Diagnostic("An output that a stack does not have", " ".join(rows), hint, severity="warning")


def _all(
    nix: Nix, ledgers: Mapping[str, Mapping[str, Any]], other: Mapping[str, Any]
) -> tuple[list[str], dict[str, Any]]:
    """The names of all stacks, and what Nix makes of them, in one evaluation where none of them throws."""
    try:
        found = nix.evaluate_all(ledgers, other)
    except NixError:
        names = nix.names()
        return names, _one_by_one(nix, {name: ledgers.get(name, other) for name in names})
    return sorted(found), found


def evaluated(nix: Nix, ledgers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What Nix makes of these ledgers.

    One that throws takes all the others with it: then each is asked for by itself, and its own run tells why.
    """
    try:
        return nix.evaluate_each(ledgers)
    except NixError:
        return _one_by_one(nix, ledgers)


def _one_by_one(nix: Nix, ledgers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, ledger in ledgers.items():
        with contextlib.suppress(NixError):
            found |= nix.evaluate_each({name: ledger})
    return found


def _decoded(document: Any) -> IR | None:
    """Its own run says what is wrong with one that is no IR."""
    try:
        return decode.decode(document)
    except IRError:
        return None


def _used(ir: IR | None) -> set[str]:
    return {ref.resource.removeprefix(STACK) for ref in ir.stacks} if ir else set()


def _noted(root: Path, name: str) -> set[str]:
    return set(Remembered(root / of_stack(name).work).stacks())


def _refuse_shared_places(irs: Mapping[str, IR]) -> None:
    """Two stacks with one state would destroy each other's resources."""
    places: dict[str, str] = {}
    for name, ir in irs.items():
        if ir.backend is None:
            continue
        other = places.setdefault(json_text.dumps(_plain(dict(ir.backend))), name)
        if other != name:
            raise _one_place(other, name, "They declare the same place for their states.")


def _one_place(one: str, other: str, why: str) -> NivisError:
    return NivisError.of(
        "Two stacks with one state",
        f"`{one}` and `{other}`: {why} Each would destroy what the other one has made.",
        "Give each a place of its own, for example a `key` or `path` with its name.",
    )


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {key: _plain(item) for key, item in sorted(value.items())}
        case list():
            return [_plain(item) for item in value]
        case str() | int() | float() | bool() | None:
            return value
        case _:
            return str(value)
