"""The jobs of a pipeline: one for each stack, each with the jobs that have to end before it begins. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from nivis_tofu.core.immutable import immutable


@immutable
class Job:
    """`needs`: stacks whose jobs go first. `argv`: what it runs."""

    stack: str
    needs: tuple[str, ...]
    argv: tuple[str, ...]


@immutable
class Pipeline:
    """A verb over stacks, as jobs in their order. `directory`: that of the flake in the repository, or empty."""

    verb: str
    jobs: tuple[Job, ...]
    directory: str = ""
    branch: str = ""
    """Where applies are allowed; empty: on the default branch."""
    env: Mapping[str, str] = field(default_factory=dict)
    aws: bool = False
    """Credentials of AWS are needed."""


def jobs(
    names: Sequence[str], before: Mapping[str, frozenset[str]], verb: str, options: Sequence[str]
) -> tuple[Job, ...]:
    """A job for each name. `before`: who goes before whom, over however many steps; `options`: of every command."""
    return tuple(
        Job(name, _direct(name, names, before) if verb == "apply" else (), ("nivis", verb, "--stack", name, *options))
        for name in names
    )


def _direct(name: str, names: Sequence[str], before: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Those that go right before it: who waits for them waits for the others too."""
    further = frozenset[str]().union(*(before[other] for other in before[name]))
    return tuple(other for other in names if other in before[name] - further)
