"""What is combined: pure values. The versions in the table are those that a row turned out to have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

TARGETS = ("demo", "unit", "nixlib", "integration")
"""What is made in each row, after `setup`. `e2e` can be asked for; it takes a quarter of an hour a row."""
ENGINE_TARGETS = ("demo", "integration")
"""What another engine can change."""


@dataclass(frozen=True, slots=True)
class Row:
    """One combination. Without `suite` and `python` it runs with the Nix and Python of this machine."""

    name: str
    about: str
    suite: str = ""
    """A Debian suite, of which a chroot or a container is made."""
    python: str = ""
    """A command on PATH."""
    engine: str = ""
    """`terraform`, or a version of OpenTofu other than the pinned one."""
    targets: Sequence[str] = TARGETS


ROWS = (
    Row("debian-12", "Nix 2.8, Python 3.11", suite="bookworm"),
    Row("debian-13", "Nix 2.26, Python 3.13", suite="trixie"),
    Row("debian-sid", "the newest Nix (2.34 or later) and Python (3.14 or later) of Debian", suite="sid"),
    Row("python-3.12", "Python 3.12", python="python3.12"),
    Row("tofu-1.10", "the oldest supported OpenTofu", engine="1.10.10", targets=ENGINE_TARGETS),
    Row("terraform", "Terraform as far as it can", engine="terraform", targets=("demo", "terraform")),
)

Verdict = Literal["passed", "failed", "absent"]


@dataclass(frozen=True, slots=True)
class Made:
    """What became of one make target."""

    target: str
    code: int
    seconds: float
    counts: str = ""
    """As pytest sums up: `270 passed, 3 skipped`."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one row; `absent` says why it could not be tried."""

    row: Row
    made: Sequence[Made] = ()
    python: str = ""
    nix: str = ""
    engine: str = ""
    absent: str = ""

    @property
    def verdict(self) -> Verdict:
        if self.absent:
            return "absent"
        return "failed" if any(made.code for made in self.made) else "passed"
