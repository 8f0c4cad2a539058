"""The jobs of a pipeline: one for each stack, each with the jobs that have to end before it begins. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import PurePosixPath

from nivis_tofu.core.immutable import immutable

PLANS = "nivis-plans"
"""Where jobs that plan leave for each other what they say, beside the flake."""


@immutable
class Job:
    """`needs`: stacks whose jobs go first. `argv`: what it runs."""

    stack: str
    needs: tuple[str, ...]
    argv: tuple[str, ...]
    leaves: bool = False
    """Does it leave the document of its plan for others? Those need it."""


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

    @property
    def plans(self) -> PurePosixPath:
        """The directory of documents, in the repository."""
        return PurePosixPath(self.directory) / PLANS


def jobs(
    names: Sequence[str], before: Mapping[str, frozenset[str]], verb: str, options: Sequence[str]
) -> tuple[Job, ...]:
    """A job for each name. `before`: who goes before whom, over however many steps; `options`: of every command."""
    if verb == "apply":
        return tuple(Job(n, _direct(n, names, before), ("nivis", verb, "--stack", n, *options)) for n in names)
    return tuple(_plan(name, names, before, ("nivis", verb, "--stack", name), options) for name in names)


def _plan(
    name: str, names: Sequence[str], before: Mapping[str, frozenset[str]], argv: tuple[str, ...], options: Sequence[str]
) -> Job:
    """A job that plans: it reads the documents of all that go before it, however far."""
    leaves = any(name in before[other] for other in names)
    into = (f"--json-into={PLANS}/{name}.json",) if leaves else ()
    return Job(name, tuple(n for n in names if n in before[name]), (*argv, *into, *options), leaves)


def _direct(name: str, names: Sequence[str], before: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Those that go right before it: who waits for them waits for the others too."""
    further = frozenset[str]().union(*(before[other] for other in before[name]))
    return tuple(other for other in names if other in before[name] - further)
