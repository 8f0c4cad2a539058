"""Tasks on a cluster that is only played: what is told in which order, and what a loss is taken for."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

from nivis_tofu import __version__
from nivis_tofu.core.errors import NivisError
from nivis_tofu.stacks.cluster import Cluster, connected
from nivis_tofu.stacks.executor import Ended, Heard, Said, Stands, Task
from nivis_tofu.stacks.shipment import Shipment
from nivis_tofu.stacks.worker import Command, Finished

SOURCE = Shipment(b"", ".", False, {})


def command(task: Task) -> Command:
    return Command("", task.stack, task.argv, task.env, {})


class PlayedFuture:
    def __init__(self) -> None:
        self.status, self.value, self.error = "pending", None, None
        self.callbacks: list[Callable[[Any], None]] = []

    def add_done_callback(self, call: Callable[[Any], None]) -> None:
        self.callbacks.append(call)

    def done(self) -> bool:
        return self.status != "pending"

    def cancel(self) -> None:
        self.end("cancelled")

    def end(self, status: str, value: Any = None, error: Any = None) -> None:
        self.status, self.value, self.error = status, value, error
        for call in self.callbacks:
            call(self)

    def result(self, timeout: float) -> Any:
        return self.value

    def exception(self, timeout: float) -> Any:
        return self.error


class PlayedClient:
    """`versions`: what the workers have."""

    def __init__(self, versions: dict[str, str | None] | None = None) -> None:
        self.versions: dict[str, str | None] = {"w1": __version__, "w2": __version__} if versions is None else versions
        self.futures: dict[str, PlayedFuture] = {}
        self.options: dict[str, Any] = {}
        self.tokens: set[str] = set()
        self.ran: list[tuple[Any, ...]] = []
        self.event: Callable[[Any], None] = lambda _: None
        self.closed = False
        self.info: dict[str, Any] | None = None

    def subscribe_topic(self, _: str, handler: Callable[[Any], None]) -> None:
        self.event = handler

    def unsubscribe_topic(self, _: str) -> None: ...

    def submit(self, _: Any, command: Command, source: Any, *, key: str, **options: Any) -> PlayedFuture:
        self.options = options
        self.futures[command.stack] = PlayedFuture()
        return self.futures[command.stack]

    def scatter(self, value: Any, **_: Any) -> Any:
        return value

    def run(self, function: Any, *args: Any, **options: Any) -> dict[str, Any]:
        if not args:
            assert function() == __version__
            return dict(self.versions)
        self.ran.append((function.__name__, *args))
        return {}

    def scheduler_info(self) -> dict[str, Any]:
        return {"workers": dict(self.versions)} if self.info is None else self.info

    def close(self, timeout: float) -> None:
        self.closed = True

    def tell(self, stack: str, **body: Any) -> None:
        self.event((0.0, {"stack": stack, **body}))


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> PlayedClient:
    found = PlayedClient()

    class Queue:
        def __init__(self, key: str, client: Any, maxsize: int) -> None:
            self.key = key

        def put(self, _: Any) -> None:
            found.tokens.add(self.key)

        def get(self, timeout: float) -> None:
            if self.key not in found.tokens:
                raise TimeoutError
            found.tokens.remove(self.key)

    module = types.ModuleType("distributed")
    module.Queue, module.Client = Queue, lambda *_, **__: found  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "distributed", module)
    monkeypatch.setattr("nivis_tofu.stacks.cluster._WATCH", -1)
    return found


@pytest.fixture
def cluster(client: PlayedClient) -> Cluster:
    found = Cluster(client, "run", SOURCE, ["w1", "w2"], command)
    found.start(Task("net", ("apply",)))
    return found


def begin(client: PlayedClient, stack: str = "net", worker: str = "w1") -> None:
    client.tokens.discard(f"nivis-run-{stack}")
    client.tell(stack, began=worker)


def heard(cluster: Cluster) -> list[Heard]:
    found = cluster.wait(0.01)
    return found + cluster.wait(0.01)


def test_where_a_task_stands_comes_beside_its_lines(client: PlayedClient, cluster: Cluster) -> None:
    begin(client)
    client.tell("net", head="phase 1/2: planning")
    assert heard(cluster) == [Stands("net", "phase 1/2: planning")]


def test_lines_come_as_they_are_said_and_none_twice(client: PlayedClient, cluster: Cluster) -> None:
    assert client.options == {"pure": False, "retries": 0, "workers": ["w1", "w2"], "allow_other_workers": False}
    begin(client)
    client.tell("net", first=0, lines=["a", "b"])
    client.tell("net", first=0, lines=["a", "b"])
    assert heard(cluster) == [Said("net", "a"), Said("net", "b")]
    # The result overtakes the last lines.
    client.futures["net"].end("finished", Finished(0, "text", "{}", ("a", "b", "c"), 3))
    client.tell("net", first=2, lines=["c"])
    assert heard(cluster) == [Said("net", "c"), Ended("net", 0, "text", "{}", ("a", "b", "c"))]


@pytest.mark.parametrize(
    ("began", "end", "code", "said"),
    [
        (True, ("finished", Finished(None)), None, "the worker is gone"),
        (True, ("error", None, RuntimeError("KilledWorker")), None, "KilledWorker"),
        (True, ("cancelled",), None, "gave the task up"),
        (False, ("error", None, RuntimeError("no module")), 1, "No worker has begun it"),
        (False, ("lost",), 1, "No worker has begun it"),
    ],
)
def test_what_was_begun_and_lost_is_unknown(
    client: PlayedClient, cluster: Cluster, began: bool, end: tuple[Any, ...], code: int | None, said: str
) -> None:
    if began:
        begin(client)
    client.futures["net"].end(*end)
    *_, event = heard(cluster)
    assert isinstance(event, Ended)
    assert event.code == code
    assert said in " ".join(event.narrative)


def test_a_worker_that_goes_without_a_word_is_missed(client: PlayedClient, cluster: Cluster) -> None:
    begin(client)
    assert heard(cluster) == []
    del client.versions["w1"]
    *_, event = heard(cluster)
    assert isinstance(event, Ended)
    assert event.code is None
    assert client.futures["net"].status == "cancelled"


def test_when_all_workers_have_gone_nothing_waits_for_ever(client: PlayedClient, cluster: Cluster) -> None:
    client.versions.clear()
    *_, event = heard(cluster)
    assert isinstance(event, Ended)
    assert event.code == 1
    assert "No worker is left" in event.narrative[0]


def test_without_a_scheduler_nobody_knows(client: PlayedClient, cluster: Cluster) -> None:
    cluster.start(Task("app", ("apply",)))
    begin(client)
    client.info = {}
    found = {e.stack: e.code for e in heard(cluster) if isinstance(e, Ended)}
    assert found == {"net": None, "app": None}
    cluster.interrupt(2)
    cluster.close()


def test_a_signal_ends_what_waits_and_is_passed_on_to_what_runs(client: PlayedClient, cluster: Cluster) -> None:
    cluster.start(Task("app", ("apply",)))
    begin(client)
    heard(cluster)
    cluster.interrupt(2)
    assert heard(cluster) == [Ended("app", 130, narrative=("interrupted before it began",))]
    assert client.ran == [("signalled", "nivis-run-net", 2)]
    assert "nivis-run-app" not in client.tokens


def test_nothing_stays_on_the_cluster(client: PlayedClient) -> None:
    with connected("tcp://x:1", SOURCE, command) as cluster:
        cluster.start(Task("net", ()))
    assert client.futures["net"].status == "cancelled"
    assert client.ran[-1][0] == "clear"
    assert client.closed


@pytest.mark.parametrize(
    ("versions", "summary", "said"),
    [
        ({}, "A cluster without workers", "tcp://x:1"),
        ({"w1": None}, "No worker has this version of nivis", "no nivis"),
        ({"w1": None, "w2": "9.9.9"}, "No worker has this version of nivis", "nivis 9.9.9, no nivis"),
    ],
)
def test_workers_that_cannot_do_it(
    client: PlayedClient, versions: dict[str, str | None], summary: str, said: str
) -> None:
    client.versions = versions
    with pytest.raises(NivisError, match=summary) as error, connected("tcp://x:1", SOURCE, command):
        pass
    assert said in error.value.diagnostics[0].detail
    assert client.closed


def test_a_scheduler_that_does_not_answer(client: PlayedClient) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("timed out")

    sys.modules["distributed"].Client = refuse  # type: ignore[attr-defined]
    with pytest.raises(NivisError, match="The cluster does not answer"), connected("tcp://x:1", SOURCE, command):
        pass


def test_tls_without_certificates_is_refused_at_once(client: PlayedClient) -> None:
    security = types.SimpleNamespace(get_connection_args=lambda _: {"ssl_context": None})
    sys.modules["distributed"].Security = lambda: security  # type: ignore[attr-defined]
    with pytest.raises(NivisError, match="No certificate for the cluster"), connected("tls://x:1", SOURCE, command):
        pass


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(NivisError, match="Dask is not installed") as error,
        connected("tcp://x", SOURCE, command),
    ):
        pass
    assert error.value.diagnostics[0].hint == "pip install 'nivis-tofu[dask]'"
