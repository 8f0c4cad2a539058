"""The sidecar of a saved plan: what the plan file itself does not say.

`nivis plan -out F` writes the engine's plan to F and this to `F.nivis.json`: which state and flake it is of, and
what later phases are expected to do. No value of any resource is in it, and none of a sensitive variable: of that,
as of the configuration, there is a seal, which tells whether a value is the same one and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import EngineError, NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.ir.values import Ref
from nivis_tofu.run.decide.announce import Announced
from nivis_tofu.run.sidecar_fields import Fields, all_texts, damaged
from nivis_tofu.system.destination import head
from nivis_tofu.system.files import write_atomic
from nivis_tofu.tofu.address_syntax import Address

VERSION, ONE_PLAN_VERSION = 2, 3
"""Of a sidecar, and of one of a plan that calls back: older versions of nivis refuse it by name."""
Mode = Literal["normal", "destroy", "refresh-only"]
Later: TypeAlias = tuple[Mapping[str, Any], ...]


@immutable
class Calls:
    """What the engine may ask for, and how to tell that it is answered as it was when the plan was made."""

    digest: str
    """Of the leaves."""
    flake: Mapping[str, str]
    """Digests of what Nix sees: `letter` and `meaning`."""
    phased: tuple[str, ...] = ()
    """Leaves that wait for a phase."""
    exact: tuple[str, ...] = ()
    """Ids all of whose values do."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Sealed question -> sealed answer; the key is made of the plan file."""
    inputs: Mapping[str, tuple[Ref, ...]] = field(default_factory=dict)
    """Leaf -> what the engine asks for it with: there may be less of it than in an evaluation that knows more."""

    def document(self) -> dict[str, Any]:
        return {
            "digest": self.digest,
            "flake": dict(self.flake),
            "phased": list(self.phased),
            "exact": list(self.exact),
            "answers": dict(self.answers),
            "inputs": {leaf: [[r.resource, list(r.path)] for r in refs] for leaf, refs in self.inputs.items()},
        }


@immutable
class Sidecar:
    """`announced` covers all phases; `later`: ids that wait for a later one, with action and reason."""

    plan_hash: str
    ir_seal: str
    """Of what the flake evaluates to."""
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
    sealed: Mapping[str, str] = field(default_factory=dict)
    """Seals of variables that are sensitive, or not known to be none: they are given again."""
    outputs: bool = True
    """Do root outputs change?"""
    ids: Mapping[str, str] = field(default_factory=dict)
    """Of what the plan is about: engine address -> id."""
    calls: Calls | None = None
    """What the engine asks for while it applies the plan; None: nothing."""

    def write(self, plan: Path) -> None:
        document = {
            "version": ONE_PLAN_VERSION if self.calls else VERSION,
            "phase": self.phase,
            "mode": self.mode,
            "variables": dict(self.variables),
            "sensitive_variables": dict(self.sealed),
            "outputs": self.outputs,
            "plan_hash": self.plan_hash,
            "ir_hash": self.ir_seal,
            "flake_hash": self.flake_hash,
            "lineage": self.lineage,
            "serial": self.serial,
            "complete": self.whole,
            "announced": dict(self.announced.actions),
            "open": sorted(self.announced.open_),
            "open_groups": self.announced.groups,
            "deferred_changes": list(self.later),
            **({"ids": dict(self.ids)} if self.ids else {}),
            **({"one_plan": self.calls.document()} if self.calls else {}),
        }
        write_atomic(beside(plan), json_text.dumps(document, indent=2) + "\n")


def beside(plan: Path) -> Path:
    return plan.with_name(plan.name + ".nivis.json")


def is_plan(path: Path) -> bool:
    """Whether this is a plan of the engine, by its form or, if encrypted, by its sidecar."""
    start = head(path, 64)
    if start.startswith(b"PK\x03\x04") and b"tfplan" in start:
        return True
    try:
        return find(path) is not None
    except NivisError:
        return False


def is_sidecar(path: Path) -> bool:
    """Whether this is a sidecar, of this version or another."""
    try:
        data = json_text.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(data, dict) and {"version", "plan_hash", "announced"} <= data.keys()


def read(plan: Path) -> Sidecar:
    """The sidecar of a plan file. Raises NivisError if either is missing, damaged or does not fit the other."""
    if (found := find(plan)) is not None:
        return found
    raise NivisError.of(
        "The plan file has no sidecar",
        f"{beside(plan).name} is missing beside {plan.name}: only it tells what state and flake the plan is of.",
        f"Keep both files together, or make the plan again: `nivis plan -out {plan.name}`.",
    )


def find(plan: Path) -> Sidecar | None:
    """The sidecar of a plan file; None beside one that the engine made alone."""
    if not plan.is_file():
        raise NivisError.of("No such plan file", f"{plan} does not exist.", "Make one: `nivis plan -out FILE`.")
    path = beside(plan)
    if not path.exists():
        return None
    if not path.is_file():
        raise damaged(path, "it is no regular file")
    try:
        data = json_text.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise damaged(path, error.strerror or "it cannot be opened") from None
    except ValueError:
        raise damaged(path, "it is not JSON") from None
    if not isinstance(data, dict):
        raise damaged(path, "it is no JSON object")
    if data.get("version") not in (VERSION, ONE_PLAN_VERSION):
        raise NivisError.of(
            "The sidecar is of another nivis",
            f"{path.name} has version {str(data.get('version'))[:20]}; this nivis reads {VERSION} and "
            f"{ONE_PLAN_VERSION}.",
            "Make the plan and apply it with the same nivis.",
        )
    sidecar = _sidecar(Fields(path, data))
    if sidecar.plan_hash != digest(plan):
        raise NivisError.of(
            "The plan file and its sidecar do not belong together",
            f"{plan.name} is not the file that {path.name} describes.",
            f"Make the plan again: `nivis plan -out {plan.name}`.",
        )
    return sidecar


def _sidecar(given: Fields) -> Sidecar:
    open_ = frozenset(given.list_of("open", lambda v: isinstance(v, str)))
    return Sidecar(
        plan_hash=given.text("plan_hash"),
        ir_seal=given.text("ir_hash"),
        flake_hash=given.text("flake_hash"),
        lineage=given.text("lineage"),
        serial=given.number("serial"),
        whole=given.flag("complete"),
        announced=Announced(given.texts("announced"), open_, True, given.flag("open_groups")),
        later=given.list_of("deferred_changes", _is_deferred),
        phase=given.number("phase"),
        mode=given.get("mode", lambda v: v in get_args(Mode)),
        variables=given.table("variables"),
        sealed=given.texts("sensitive_variables"),
        outputs=given.flag("outputs"),
        ids=given.texts("ids") if "ids" in given.data else {},  # not there before it was needed
        calls=_calls(Fields(given.path, given.table("one_plan"))) if "one_plan" in given.data else None,
    )


def _calls(given: Fields) -> Calls:
    return Calls(
        digest=given.text("digest"),
        flake=given.texts("flake"),
        phased=given.list_of("phased", lambda v: isinstance(v, str)),
        exact=given.list_of("exact", lambda v: isinstance(v, str)),
        answers=given.texts("answers"),
        inputs={leaf: tuple(map(_ref, refs)) for leaf, refs in given.get("inputs", _are_inputs).items()},
    )


def _ref(entry: Any) -> Ref:
    resource, path = entry
    return Ref(resource, tuple(path))


def _are_inputs(found: Any) -> bool:
    return isinstance(found, dict) and all(isinstance(v, list) and all(map(_is_ref, v)) for v in found.values())


def _is_ref(entry: Any) -> bool:
    match entry:
        case [str(), [*path]]:
            return all(isinstance(step, str | int) for step in path)
        case _:
            return False


def _is_deferred(entry: Any) -> bool:
    """What `deferred_change` makes."""
    match entry:
        case {
            "reason": str(),
            "resource_change": {"nivis_id": str(), "type": str(), "change": {"actions": [_, *_] as actions}},
        }:
            return all_texts(actions)
        case _:
            return False


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def text_digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def flake_digest(directory: Path) -> str:
    """Of flake.nix and flake.lock, for who compares files; what the flake evaluates to is told by `ir_hash`."""
    files = [directory / "flake.nix", directory / "flake.lock"]
    return text_digest(*(f.read_text(encoding="utf-8", errors="replace") if f.is_file() else "" for f in files))


def deferred_change(line: Mapping[str, str], address: str, provider: str, reason: str) -> dict[str, Any]:
    """One entry of `deferred_changes`, in the shape other tools know from the engine's own JSON."""
    actions: Sequence[str] = {"replace": ("delete", "create"), "noop": ("no-op",)}.get(
        line["action"], (line["action"],)
    )
    try:
        parsed = Address.parse(address)
        kind, name = parsed.type, parsed.name
    except EngineError:  # a group, or a module that goes as a whole
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
