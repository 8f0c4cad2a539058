"""A test as the flake declares it, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable

CONVERGES: Final = "converges"
"""Names the check that every test has: the loop comes to its end."""
CHECKS: Final = "checks"
"""Names the check that the checks of a test can be evaluated."""


@immutable
class Case:
    """One test of `nivis.tests`."""

    name: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """id -> attributes that the test fixes; `stack.NAME` -> outputs of another stack."""
    stack: str = ""
    """The stack that it is about."""
    own_plan: bool = False
    """Whether it brings a plan of its own."""
    has_check: bool = False


@immutable
class Check:
    """One assertion. `message`: what the flake says of one that does not hold."""

    name: str
    ok: bool
    message: str = ""


@immutable
class Played:
    """A configuration that converged."""

    resources: Mapping[str, Any]
    """id -> `{ config, outputs, phase }`."""
    outputs: Mapping[str, Any]
    phases: int
    """How many phases acted on something."""


@immutable
class Verdict:
    """What one run of one test came to."""

    case: Case
    seed: int
    wild: bool = False
    """Whether its values were random."""
    checks: tuple[Check, ...] = ()
    error: NivisError | None = None
    """It did not converge or, if `converged`, its checks could not be evaluated."""
    converged: bool = False
    phases: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)
    """`id.attribute` -> what was made up for it."""

    @property
    def ok(self) -> bool:
        return self.error is None and all(check.ok for check in self.checks)


@immutable
class Report:
    """All runs of all tests, those of one test beside each other, and how long it took."""

    verdicts: tuple[Verdict, ...]
    seconds: float = 0.0
    joined: frozenset[str] = frozenset()
    """Directories of `.tf` files that the plans join."""
