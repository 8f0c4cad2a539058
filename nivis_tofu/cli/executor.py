"""--executor: where the tasks of a verb over many stacks run, and which options they get there."""

from __future__ import annotations

import contextlib
import importlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nivis_tofu.api.tools import find_git
from nivis_tofu.cli.common import Common
from nivis_tofu.cli.many import HEADS, HEARD
from nivis_tofu.cli.setup import Bound, sibling
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.ir.graph import closure
from nivis_tofu.nix.tree import in_git
from nivis_tofu.stacks.executor import Executor, Task

if TYPE_CHECKING:
    from nivis_tofu.project.workdir import Workdir
    from nivis_tofu.stacks.shipment import Shipment
    from nivis_tofu.stacks.survey import Survey
    from nivis_tofu.stacks.worker import Command

LOCAL = "local"
Where = Annotated[
    str, typer.Option("--executor", metavar="WHERE", help="local, or dask=tcp://HOST:PORT for a Dask cluster.")
]
_DASK = "dask="
_PASSED = ("TF_VAR_", "TF_CLI_ARGS", "OTEL_")
_PASSED_NAMES = ("TF_WORKSPACE", "TF_ENCRYPTION", "NIVIS_ASK", "NIVIS_ONE_PLAN", "NIVIS_STYLE")


@immutable
class Place:
    """`common`: the options of every task there."""

    executor: Executor
    common: Common


@immutable
class Means:
    """How many stacks may run at once, and at which scheduler; without one, here."""

    parallel: int
    scheduler: str

    def opened(
        self, b: Bound, common: Common, found: Survey, name: str, chosen: Sequence[str]
    ) -> contextlib.AbstractContextManager[Place]:
        """Where a verb runs. `common`: options of the verb. Raises NivisError."""
        return (
            _cluster(self.scheduler, b, common, found, chosen) if self.scheduler and chosen else _here(b, common, name)
        )


def means(parallel: int, where: str) -> Means:
    """Options, looked through. Raises NivisError."""
    return Means(parallel, address(where))


def address(where: str) -> str:
    """The scheduler's address; empty for this machine. Raises NivisError."""
    if where == LOCAL:
        return ""
    found = where.removeprefix(_DASK)
    if where.startswith(_DASK) and all(found.partition("://")):
        return found
    raise NivisError.of(
        "Unknown executor", f"`--executor {where}`: there are `local` and `dask=tcp://HOST:PORT` (or tls://)."
    )


@contextlib.contextmanager
def _here(b: Bound, common: Common, name: str) -> Iterator[Place]:
    from nivis_tofu.stacks.local import Local

    with tempfile.TemporaryDirectory(prefix="nivis-") as scratch:
        here = replace(common, flake=str(b.session.workdir.project))
        with contextlib.closing(Local(_command_line(name), Path(scratch))) as local:
            yield Place(local, here)


@contextlib.contextmanager
def _cluster(scheduler: str, b: Bound, common: Common, found: Survey, chosen: Sequence[str]) -> Iterator[Place]:
    from nivis_tofu.stacks.cluster import connected

    spaces = _spaces(b, common, found, chosen)
    with connected(scheduler, _source(b, common, spaces), _commands(b, found, spaces)) as cluster:
        # What they say is about this machine, or goes with each task as a file.
        yield Place(cluster, replace(common, flake=".", var=None, var_file=None, backend_config=None, tofu=None))


def _command_line(name: str) -> Callable[[Sequence[str], Callable[[str], None]], int]:
    """All of nivis, of which this is a verb."""
    run = importlib.import_module("nivis_tofu.cli.app").loaded(name)
    HEARD.set({})  # of each child's own

    def call(argv: Sequence[str], heads: Callable[[str], None]) -> int:
        HEADS.set(heads)
        return int(run(argv))

    return call


def _spaces(b: Bound, common: Common, found: Survey, chosen: Sequence[str]) -> dict[str, Workdir]:
    """The stacks that workers read or write. Raises NivisError for states that are files of this machine."""
    project = b.session.workdir.project
    if ":" in common.flake:
        raise NivisError.of(
            "No source to ship", f"`--flake {common.flake}` is not a directory here.", "Clone it, and run nivis there."
        )
    uses = {name: set(used) for name, used in found.order.uses.items()}
    names = sorted(closure(set(chosen), uses) | set(chosen))
    spaces = {name: sibling(common, project, name).workdir for name in names}
    local = [n for n in names if n in found.irs and spaces[n].place(found.irs[n]).is_local]
    if local:
        raise NivisError.of(
            "States that no worker can reach",
            f"{', '.join(local)}: the state is a local file, and a worker of the cluster is another machine.",
            "Declare a backend for each stack (`toIR { backend = { type = …; }; }`), or run them here.",
        )
    return spaces


def _source(b: Bound, common: Common, spaces: Mapping[str, Workdir]) -> Shipment:
    from nivis_tofu.stacks.shipment import packed

    session = b.session
    project, env = session.workdir.project, session.nix.env
    git = find_git(env) if in_git(project) else None
    secret = [project / name for name in common.var_file or ()]
    # Which workspace of the engine is selected is no part of the source.
    selected = {
        str(note.relative_to(project)): note.read_text(encoding="utf-8")
        for workdir in spaces.values()
        if (note := workdir.data / "environment").is_file() and note.is_relative_to(project)
    }
    return replace(packed(project, git, env, secret), notes=selected)


def _commands(b: Bound, found: Survey, spaces: Mapping[str, Workdir]) -> Callable[[Task], Command]:
    from nivis_tofu.stacks.worker import Command

    passed = {
        name: value for name, value in b.session.nix.env.items() if name.startswith(_PASSED) or name in _PASSED_NAMES
    }

    def command(task: Task) -> Command:
        variables = found.ledgers[task.stack].get("vars", {})
        env = {**passed, **task.env}
        return Command("", task.stack, task.argv, env, variables, _given(found, spaces, task.stack), task.engine)

    return command


def _given(found: Survey, spaces: Mapping[str, Workdir], stack: str) -> tuple[str, ...]:
    """Settings of the backend that were given on a command line, now or to an earlier `init`."""
    if stack not in found.irs:
        return ()
    place = spaces[stack].place(found.irs[stack])
    with tempfile.TemporaryDirectory(prefix="nivis-") as scratch:
        files = replace(place, secret={}).options_file(Path(scratch) / "given.tfbackend")
        return tuple(Path(file).read_text(encoding="utf-8") for file in files)
