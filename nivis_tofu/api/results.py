"""What a project gives back: values that a program reads. Sensitive values do not appear in their texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Literal

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.masks import Pattern, hide
from nivis_tofu.core.plain import Json, plain
from nivis_tofu.core.run_result import Action, OutputValues
from nivis_tofu.run.sidecar import beside
from nivis_tofu.system.files import replacing, write_atomic


@immutable
class AttributeChange:
    """The change of one attribute, or of one element in it; only in plans made with `detail`.

    Secrets are `(sensitive)`, a value that is not known yet is a text that says when it will be.
    """

    path: tuple[str | int, ...]
    """`*` stands for an element of a set."""
    action: Literal["create", "update", "delete"]
    before: Json = None
    after: Json = None
    known_after: int = 0
    """The phase after which the new value is known; 0: it is known now."""
    sensitive: bool = False
    forces: bool = False
    """Is it why the resource is replaced?"""


@immutable
class ResourceChange:
    """What happens to one resource."""

    id: str
    action: Action
    type: str
    phase: int
    """The phase in which it happens."""
    address: str = ""
    """Of the engine."""
    waits_for: tuple[str, ...] = ()
    """`<id>.<attribute>` of values that are known only after the phase before."""
    previous: str = ""
    """The id before it was moved."""
    reason: str = ""
    """Why the engine replaces or destroys it, in its words."""
    attributes: tuple[AttributeChange, ...] = ()

    @property
    def destroys(self) -> bool:
        """Does an object go, for good or for another one?"""
        return self.action in ("delete", "replace")


@immutable
class DriftedResource:
    """A resource that somebody else has changed, or deleted, since the state was written."""

    id: str
    attributes: tuple[AttributeChange, ...] = ()
    """What is different; empty if it is gone, and without `detail`."""
    gone: bool = False


@immutable
class SavedPlan:
    """The engine's plan of the next phase and what nivis keeps beside it. It holds secrets."""

    project: str
    """The directory, and the attribute of the flake that was planned."""
    plan: bytes = field(repr=False)
    sidecar: str = field(repr=False)


@immutable
class Plan:
    """What a run will do, over all phases. `Project.apply` takes it and does this and nothing else."""

    changes: tuple[ResourceChange, ...]
    """Without what stays as it is and what is only read."""
    outputs: Mapping[str, Action] = field(default_factory=dict)
    """Outputs whose values change: create, update or delete, by name."""
    complete: bool = True
    """Is everything known that will happen? False while it depends on values that are not known yet."""
    drift: tuple[DriftedResource, ...] = ()
    """In a plan made with `refresh_only`, or with `detail`."""
    warnings: tuple[Diagnostic, ...] = ()
    saved: SavedPlan | None = None
    """What makes `apply` exact; None in a plan made with `save=False`."""

    @property
    def empty(self) -> bool:
        """Is there nothing to do? Drift alone is nothing to do, but for a plan made with `refresh_only`."""
        return not (self.changes or self.outputs) and self.complete

    @property
    def destroys(self) -> tuple[ResourceChange, ...]:
        """What is destroyed or replaced."""
        return tuple(change for change in self.changes if change.destroys)

    @property
    def phases(self) -> int:
        """How many phases it takes, as far as that is known."""
        return max((change.phase for change in self.changes), default=0)

    def save(self, file: str | Path) -> None:
        """Write the plan for `nivis apply FILE`, and its sidecar beside it. Raises NivisError or OSError."""
        if self.saved is None:
            raise not_saved()
        target = Path(file)
        with replacing(target) as out:
            out.write(self.saved.plan)
        write_atomic(beside(target), self.saved.sidecar)


@immutable
class RefreshResult:
    """What a refresh found and wrote into the state."""

    drift: tuple[DriftedResource, ...] = ()
    outputs: OutputValues = field(default_factory=OutputValues)
    warnings: tuple[Diagnostic, ...] = ()


@immutable
class ResourceState:
    """One resource as the state has it."""

    id: str
    address: str
    type: str
    attributes: Mapping[str, Json] = field(repr=False)
    """Real values, secrets included."""
    sensitive: tuple[Pattern, ...] = field(default=(), repr=False)
    """Paths of secrets in the attributes; `*` stands for any element."""

    @property
    def shown(self) -> dict[str, Json]:
        """The attributes with `(sensitive)` in the places of secrets."""
        found = plain(hide(dict(self.attributes), self.sensitive))
        return found if isinstance(found, dict) else {}


@immutable
class State:
    """The state of a project."""

    resources: Mapping[str, ResourceState]
    """By id."""
    outputs: OutputValues = field(default_factory=OutputValues)
    lineage: str = ""
    serial: int = 0


def not_saved() -> NivisError:
    return NivisError.of(
        "The plan was not saved",
        "It was made with `save=False`, so nothing says exactly what was planned.",
        "Make it with `project.plan()`, or apply without a plan: `project.apply()`.",
    )
