"""Tasks on the workers of a Dask cluster.

The order is ours: only we know what a task has to have come to before the next one may begin. The scheduler says where.
Each task has one token at the scheduler, so that a command is begun once even if the scheduler gives it out again.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from nivis_tofu import __version__
from nivis_tofu.core.errors import ExitCode, NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.stacks import worker
from nivis_tofu.stacks.executor import Ended, Heard, Said, Stands, Task
from nivis_tofu.stacks.shipment import Shipment
from nivis_tofu.stacks.worker import Command, Finished

_PATIENCE = 10
"""Seconds until a scheduler has to answer."""
_WATCH = 1.0
"""Seconds between two looks at which workers are there."""
_LOST = "the worker is gone: its command may still run, and what became of it is known to the state alone"


@immutable
class _Handed:
    """A task that the scheduler has."""

    command: Command
    future: Any
    lease: Any


class Cluster:
    """`command`: a task as a worker gets it. `able`: workers that have this nivis."""

    def __init__(self, client: Any, run: str, source: Any, able: list[str], command: Callable[[Task], Command]) -> None:
        self._client, self._run, self._source, self._able, self._command = client, run, source, able, command
        self._events: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._tasks: dict[str, _Handed] = {}
        self._at: dict[str, str] = {}
        self._told: dict[str, int] = {}
        self._looked = time.monotonic()
        client.subscribe_topic(run, self._on_event)

    def start(self, task: Task) -> None:
        from distributed import Queue

        command = replace(self._command(task), run=self._run)
        lease = Queue(command.key, client=self._client, maxsize=1)
        lease.put(True)
        future = self._client.submit(
            worker.execute,
            command,
            self._source,
            key=command.key,
            pure=False,
            retries=0,
            workers=self._able,
            allow_other_workers=False,
        )
        self._tasks[task.stack], self._told[task.stack] = _Handed(command, future, lease), 0
        future.add_done_callback(lambda _: self._events.put((task.stack, None)))

    def wait(self, seconds: float) -> list[Heard]:
        found: list[Heard] = []
        with contextlib.suppress(queue.Empty):
            found += self._heard(*self._events.get(timeout=seconds))
            while True:
                found += self._heard(*self._events.get_nowait())
        if time.monotonic() - self._looked > _WATCH:
            self._looked = time.monotonic()
            found += self._missed()
        return found

    def interrupt(self, number: int) -> None:
        for stack, handed in self._tasks.items():
            if stack not in self._at and _taken(handed.lease):
                self._events.put((stack, ExitCode.INTERRUPTED))  # before the future says that it ended
                handed.future.cancel()
            else:
                self._client.run(worker.signalled, handed.command.key, number, workers=self._alive(), on_error="ignore")

    def _on_event(self, event: tuple[float, Any]) -> None:
        """In a thread of the client."""
        _, body = event
        if isinstance(body, dict) and "stack" in body:
            self._events.put((str(body["stack"]), body))

    def _heard(self, stack: str, what: Any) -> Iterator[Heard]:
        if stack not in self._tasks:
            return
        match what:
            case {"began": address}:
                self._at[stack] = str(address)
            case {"head": head}:
                yield Stands(stack, str(head))
            case {"first": first, "lines": lines}:
                yield from self._say(stack, lines[max(self._told[stack] - first, 0) :])
            case int():
                yield from self._ended(stack, Finished(what, narrative=("interrupted before it began",)))
            case _:
                found = self._finished(self._tasks[stack])
                unheard = found.said - self._told[stack]
                yield from self._say(stack, found.narrative[-unheard:] if unheard > 0 else ())
                yield from self._ended(stack, found)

    def _say(self, stack: str, lines: Any) -> Iterator[Said]:
        self._told[stack] += len(lines)
        yield from (Said(stack, line) for line in lines)

    def _finished(self, handed: _Handed) -> Finished:
        """What a task came to; one that the scheduler gave up is unknown unless it never began."""
        why = "the scheduler gave the task up"
        try:
            if handed.future.status == "finished":
                found: Finished = handed.future.result(timeout=_PATIENCE)
                return found if found.code is not None else Finished(None, narrative=(_LOST,))
            if (error := handed.future.exception(timeout=_PATIENCE)) is not None:
                why = f"{type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001 - of any kind: the cluster's, or of what it could not pass on
            why = f"{type(error).__name__}: {error}"
        if _taken(handed.lease):
            return Finished(ExitCode.ERROR, narrative=(f"error: No worker has begun it: {why}",))
        return Finished(None, narrative=(why, _LOST))

    def _missed(self) -> Iterator[Heard]:
        """Tasks whose worker is gone, where no other one has taken them to say so."""
        try:
            alive = set(self._alive())
        except Exception:  # noqa: BLE001 - the scheduler is gone for longer than Dask waits for it
            for stack in list(self._tasks):
                yield from self._ended(stack, Finished(None, narrative=("the scheduler is gone", _LOST)))
            return
        for stack, handed in list(self._tasks.items()):
            if handed.future.done():
                continue
            if stack in self._at and self._at[stack] not in alive:
                handed.future.cancel()
                yield from self._ended(stack, Finished(None, narrative=(_LOST,)))
            elif not alive and _taken(handed.lease):
                handed.future.cancel()
                said = "error: No worker is left that has this version of nivis"
                yield from self._ended(stack, Finished(ExitCode.ERROR, narrative=(said,)))

    def _alive(self) -> list[str]:
        there = self._client.scheduler_info()["workers"]
        return [address for address in self._able if address in there]

    def _ended(self, stack: str, found: Finished) -> Iterator[Heard]:
        del self._tasks[stack]
        if found.code is None:  # the end of it says that it is unknown, and not why
            yield from (Said(stack, row) for row in found.narrative)
        yield Ended(stack, found.code, found.text, found.document, found.narrative)

    def close(self) -> None:
        """Leave nothing behind on the cluster."""
        with contextlib.suppress(Exception):  # it may be gone
            self._client.unsubscribe_topic(self._run)
            for handed in self._tasks.values():
                handed.future.cancel()
            self._client.run(worker.clear, self._run, workers=self._alive(), on_error="ignore")


def _taken(lease: Any) -> bool:
    """Take the token of a task that nobody has begun: nobody will."""
    try:
        lease.get(timeout=0.1)
    except Exception:  # noqa: BLE001 - somebody else has it, or nobody can be asked: it counts as begun
        return False
    return True


@contextlib.contextmanager
def connected(address: str, source: Shipment, command: Callable[[Task], Command]) -> Iterator[Cluster]:
    """A cluster whose workers have the source, once each. Raises NivisError."""
    client = _client(address)
    try:
        able = _able(client, address)
        run = uuid.uuid4().hex[:12]
        shipped = client.scatter(source, workers=able, broadcast=True, hash=False)
        cluster = Cluster(client, run, shipped, able, command)
        try:
            yield cluster
        finally:
            cluster.close()
    finally:
        with contextlib.suppress(Exception):
            client.close(timeout=_PATIENCE)


def _client(address: str) -> Any:
    try:
        import distributed
    except ImportError as error:
        raise NivisError.of(
            "Dask is not installed",
            f"`--executor dask=…` needs the package `distributed` beside nivis ({error}).",
            "pip install 'nivis-tofu[dask]'",
        ) from error
    if address.startswith("tls:") and not distributed.Security().get_connection_args("client").get("ssl_context"):
        raise NivisError.of(
            "No certificate for the cluster",
            f"{address} wants TLS, and Dask's settings name no certificates.",
            "Set DASK_DISTRIBUTED__COMM__TLS__CA_FILE, DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT and …__CLIENT__KEY.",
        )
    for name in ("distributed", "distributed.client", "distributed.core", "tornado", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters of it we say ourselves
    try:
        return distributed.Client(address, timeout=_PATIENCE, set_as_default=False, name="nivis")
    except Exception as error:  # of any kind: what does not answer may not even be a scheduler
        raise NivisError.of(
            "The cluster does not answer",
            f"{address}: {error}.",
            "Check the address of the scheduler, and for tls:// the settings DASK_DISTRIBUTED__COMM__TLS__*.",
        ) from error


def _able(client: Any, address: str) -> list[str]:
    """The workers that can do it. Raises NivisError if there is none."""
    found: Mapping[str, Any] = client.run(_probe(), on_error="ignore")
    able = sorted(name for name, version in found.items() if version == __version__)
    if able:
        return able
    if not found:
        raise NivisError.of(
            "A cluster without workers", f"The scheduler at {address} has no workers.", "Start some: `dask worker`."
        )
    there = sorted({f"nivis {version}" if version else "no nivis" for version in found.values()})
    raise NivisError.of(
        "No worker has this version of nivis",
        f"The {len(found)} workers of {address} have {', '.join(there)}; this is nivis {__version__}.",
        f"On each worker: pip install 'nivis-tofu[dask]=={__version__}', beside Nix, git and OpenTofu (`nivis setup`).",
    )


def _probe() -> Callable[[], str | None]:
    # Made here, so that its code goes to workers that cannot import this module.
    def version() -> str | None:
        try:
            import nivis_tofu
        except ImportError:
            return None
        return nivis_tofu.__version__

    return version
