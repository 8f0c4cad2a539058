"""What stacks a flake has, and which uses which: one evaluation for all of them.

Data: the attribute `nivis.stacks` -> an IR for each stack, from an empty ledger -> the stacks it refers to -> `Order`.
What only a later phase refers to is in no such IR: the last run of the stack has noted it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.namespace import STACKS, of_stack
from nivis_tofu.ir import decode
from nivis_tofu.ir.ledger import Ledger
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.values import STACK
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.project.memory import Remembered
from nivis_tofu.stacks.order import Order


@dataclass(frozen=True)
class Survey:
    """`irs`: what each stack declares before anything is known; without those that cannot be evaluated yet."""

    order: Order
    irs: Mapping[str, IR]


def survey(nix: Nix, root: Path, variables: Mapping[str, Any]) -> Survey:
    """The stacks of a flake. `nix`: evaluates `nivis.stacks`; `root`: `.nivis/`. Raises NivisError."""
    names = nix.names()
    if not names:
        raise NivisError.of(
            "The flake has no stacks",
            f"Its attribute `{STACKS}` is empty.",
            f"Define `{STACKS}.NAME = ledger: lib.toIR {{ … }};` in the flake's outputs.",
        )
    for name in names:
        of_stack(name)
    irs = _irs(nix, names, Ledger().document(1, variables))
    _refuse_shared_places(irs)
    uses = {name: _used(irs.get(name)) | _noted(root, name) for name in names}
    return Survey(
        Order({name: frozenset(found & set(names) | _used(irs.get(name))) for name, found in uses.items()}), irs
    )


def _irs(nix: Nix, names: list[str], ledger: Mapping[str, Any]) -> dict[str, IR]:
    """One that throws takes all the others with it: then each is asked for by itself, and its own run tells why."""
    try:
        return {name: decode.decode(document) for name, document in nix.evaluate_each(ledger, names).items()}
    except NivisError:
        found: dict[str, IR] = {}
        for name in names:
            try:
                found |= {n: decode.decode(document) for n, document in nix.evaluate_each(ledger, [name]).items()}
            except NivisError:
                continue
        return found


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
            raise NivisError.of(
                "Two stacks with one state",
                f"`{other}` and `{name}` declare the same place for their states: each would destroy what the other "
                "one has made.",
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
