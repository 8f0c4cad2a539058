"""What a worker of a cluster does with a task: it runs nivis there as a program, and passes on what that says.

The program writes to files. If the worker dies it goes on to its end, so that its state is written and unlocked.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.events import HEADS_INTO
from nivis_tofu.core.immutable import immutable
from nivis_tofu.stacks.executor import words
from nivis_tofu.stacks.shipment import Shipment, unpack
from nivis_tofu.system import notes, process
from nivis_tofu.system.child_text import LineSplitter

KEPT = 200
"""Lines of a narrative that are kept for the end."""
_LOOK = 0.2


@immutable
class Command:
    """A command line for a worker. What may be secret is no part of its text: schedulers and workers log that."""

    run: str
    """Names the run of the caller, and the topic that lines go to."""
    stack: str
    argv: tuple[str, ...] = field(repr=False)
    env: Mapping[str, str] = field(repr=False)
    variables: Mapping[str, Any] = field(repr=False)
    """Of the flake."""
    backend: Sequence[str] = field(default=(), repr=False)
    """Texts of files for `-backend-config`."""
    engine: tuple[str, ...] = field(default=(), repr=False)
    """Flags of the engine's plan."""

    @property
    def key(self) -> str:
        """The key of the task, and the name of its lease."""
        return f"nivis-{self.run}-{self.stack}"


@immutable
class Finished:
    """`code` None: it was not begun, because an earlier worker had begun it."""

    code: int | None
    text: str = field(default="", repr=False)
    document: str = field(default="", repr=False)
    narrative: tuple[str, ...] = field(default=(), repr=False)
    said: int = 0
    """How many lines there were."""


_TREES: dict[str, tuple[Path, Path]] = {}
"""Run -> a directory for it, and the flake's below that. Not in Dask's own, which is purged when a worker has died."""
_UNPACKING = threading.Lock()
_RUNNING: dict[str, int] = {}
"""Key -> process."""


def execute(command: Command, source: Shipment) -> Finished:
    """Run a command once, whoever asks how often. Errors are told as a run would tell them."""
    from distributed import get_worker

    worker = get_worker()
    if not _leased(command.key):
        return Finished(None)

    def tell(**body: object) -> None:
        worker.log_event(command.run, {"stack": command.stack, **body})

    tell(began=worker.address)
    try:
        home, project = _tree(command.run, source)
        return _run(command, project, home / "tasks" / command.stack, tell)
    except (NivisError, OSError) as error:
        said = tuple(_told(error))
        return Finished(1, narrative=said, said=len(said))


def _told(error: Exception) -> list[str]:
    if not isinstance(error, NivisError):
        return [f"error: The worker could not begin: {error}"]
    rows = [f"error: {d.summary}: {d.detail}" for d in error.diagnostics]
    return [*rows, *error.raw.splitlines()]


def _leased(key: str) -> bool:
    """Take the one token that the caller has put there for this task.

    A task whose worker died, or whose result was lost with it, is given to another one; there is no second token.
    """
    from distributed import Queue, get_client

    try:
        Queue(key, client=get_client()).get(timeout=2)
    except TimeoutError:
        return False
    return True


def _tree(run: str, source: Shipment) -> tuple[Path, Path]:
    """The project here, unpacked by the first task of a run."""
    with _UNPACKING:
        if run not in _TREES:
            home = Path(tempfile.mkdtemp(prefix=f"nivis-{run}-"))
            _TREES[run] = home, unpack(source, home / "tree", os.environ)
        return _TREES[run]


def _run(command: Command, project: Path, scratch: Path, tell: Callable[..., None]) -> Finished:
    scratch.mkdir(mode=0o700, parents=True)
    out, err, document, heads = (scratch / name for name in ("stdout", "stderr", "result.json", "heads"))
    options = [f"--json-into={document}"]
    given = [("--var-file", "variables.json", json_text.dumps(command.variables))]
    given += [("--backend-config", f"{n}.tfbackend", text) for n, text in enumerate(command.backend)]
    for option, name, text in given:
        notes.write(scratch / name, text)
        options.append(f"{option}={scratch / name}")
    argv = [sys.executable, "-P", "-m", "nivis_tofu", *words(command.argv, options, command.engine)]
    lines: list[str] = []
    splitter = LineSplitter(lines.append)
    with out.open("wb") as to_out, err.open("wb") as to_err, err.open("rb", buffering=0) as said:
        env = {**_environment(command), HEADS_INTO: str(heads)}
        child = process.spawn(argv, project, env, to_out, to_err)
        _RUNNING[command.key] = child.pid
        ended, told, head = False, 0, ""
        while not ended:
            ended = child.poll() is not None
            while data := said.read(process.CHUNK):
                splitter.add(data)
            if lines[told:]:
                tell(first=told, lines=lines[told:])
                told = len(lines)
            if (now := notes.read(heads)) and now.endswith("\n") and now != head:  # else it is being written
                head = now
                tell(head=head.rstrip("\n"))
            if not ended:
                time.sleep(_LOOK)
        splitter.finish()
        del _RUNNING[command.key]
    summary = document.read_text(encoding="utf-8") if document.exists() else ""
    text = out.read_text(encoding="utf-8", errors="replace")
    return Finished(child.returncode, text, summary, tuple(lines[-KEPT:]), len(lines))


def _environment(command: Command) -> dict[str, str]:
    """The caller's, but for where this machine sends its traces."""
    own = {name: value for name, value in os.environ.items() if name.startswith("OTEL_")}
    return {**os.environ, **command.env, **own}


def signalled(key: str, number: int) -> None:
    """Pass a signal on to a task, if it runs here."""
    if pid := _RUNNING.get(key):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def clear(run: str) -> None:
    """Remove what a run has left here, unless something of it still runs."""
    if any(key.startswith(f"nivis-{run}-") for key in _RUNNING):
        return
    if run in _TREES:
        shutil.rmtree(_TREES.pop(run)[0], ignore_errors=True)
