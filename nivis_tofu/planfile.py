"""The sidecar of a saved plan: what the plan file itself does not say.

`nivis plan -out F` writes the engine's plan to F and this to `F.nivis.json`: which state and flake it is of, and
what later phases are expected to do. No value of any resource is in it; those of variables are, as in F itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from nivis_tofu import jsontext
from nivis_tofu.errors import NivisError
from nivis_tofu.files import write_atomic
from nivis_tofu.planner import Announced

VERSION = 1
Mode = Literal["normal", "destroy", "refresh-only"]
Later: TypeAlias = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Sidecar:
    """`announced` covers all phases; `later`: ids that wait for a later one, with action and reason."""

    plan_hash: str
    ir_hash: str
    flake_hash: str
    lineage: str
    serial: int
    whole: bool
    """Does the plan hold everything, so that applying it completes the run?"""
    announced: Announced
    later: Later = ()
    phase: int = 1
    mode: Mode = "normal"
    variables: Mapping[str, Any] = field(default_factory=dict)
    """As they were given; later phases are evaluated with them."""
    outputs: bool = True
    """Do root outputs change?"""

    def write(self, plan: Path) -> None:
        document = {
            "version": VERSION,
            "phase": self.phase,
            "mode": self.mode,
            "variables": dict(self.variables),
            "outputs": self.outputs,
            "plan_hash": self.plan_hash,
            "ir_hash": self.ir_hash,
            "flake_hash": self.flake_hash,
            "lineage": self.lineage,
            "serial": self.serial,
            "complete": self.whole,
            "announced": dict(self.announced.actions),
            "open": sorted(self.announced.open_),
            "open_groups": self.announced.groups,
            "deferred_changes": list(self.later),
        }
        write_atomic(beside(plan), jsontext.dumps(document, indent=2) + "\n")


def beside(plan: Path) -> Path:
    return plan.with_name(plan.name + ".nivis.json")


def read(plan: Path) -> Sidecar:
    """The sidecar of a plan file. Raises NivisError if either is missing, damaged or does not fit the other."""
    if not plan.is_file():
        raise NivisError.of("No such plan file", f"{plan} does not exist.", "Make one: `nivis plan -out FILE`.")
    path = beside(plan)
    try:
        data = jsontext.loads(path.read_text(encoding="utf-8"))
        version = data["version"]
    except FileNotFoundError:
        raise NivisError.of(
            "The plan file has no sidecar",
            f"{path.name} is missing beside {plan.name}: only it tells what state and flake the plan is of.",
            f"Keep both files together, or make the plan again: `nivis plan -out {plan.name}`.",
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, error) from None
    if version != VERSION:
        raise NivisError.of(
            "The sidecar is of another nivis",
            f"{path.name} has version {version}; this nivis reads version {VERSION}.",
            "Make the plan and apply it with the same nivis.",
        )
    try:
        sidecar = Sidecar(
            plan_hash=data["plan_hash"],
            ir_hash=data["ir_hash"],
            flake_hash=data["flake_hash"],
            lineage=data["lineage"],
            serial=int(data["serial"]),
            whole=bool(data["complete"]),
            announced=Announced(data["announced"], frozenset(data["open"]), True, bool(data["open_groups"])),
            later=tuple(data["deferred_changes"]),
            phase=int(data["phase"]),
            mode=data.get("mode", "normal"),
            variables=dict(data.get("variables", {})),
            outputs=bool(data.get("outputs", True)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, error) from None
    if sidecar.plan_hash != digest(plan):
        raise NivisError.of(
            "The plan file and its sidecar do not belong together",
            f"{plan.name} is not the file that {path.name} describes.",
            f"Make the plan again: `nivis plan -out {plan.name}`.",
        )
    return sidecar


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def text_digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def flake_digest(directory: Path) -> str:
    """Of flake.nix and flake.lock: tells whether the flake was edited since; the IR's hash tells if that matters."""
    files = [directory / "flake.nix", directory / "flake.lock"]
    return text_digest(*(f.read_text(encoding="utf-8") if f.is_file() else "" for f in files))


def deferred_change(line: Mapping[str, str], address: str, provider: str, reason: str) -> dict[str, Any]:
    """One entry of `deferred_changes`, in the shape other tools know from the engine's own JSON."""
    actions: Sequence[str] = {"replace": ("delete", "create"), "noop": ("no-op",)}.get(
        line["action"], (line["action"],)
    )
    kind, _, name = address.partition(".")
    return {
        "reason": reason,
        "resource_change": {
            "address": address,
            "mode": "managed",
            "type": kind,
            "name": name,
            "provider_name": provider,
            "nivis_id": line["id"],
            "change": {"actions": list(actions)},
        },
    }


def _damaged(path: Path, error: Exception) -> NivisError:
    return NivisError.of(
        "The sidecar cannot be read", f"{path}: {error!r}.", "Make the plan again: `nivis plan -out F`."
    )
