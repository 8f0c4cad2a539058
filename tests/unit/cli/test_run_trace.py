"""Traces of command lines: asked for, absent, in the way of nothing."""

from __future__ import annotations

import builtins
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from nivis_tofu.cli import app
from nivis_tofu.cli.run_trace import RunTrace
from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import Interrupted, NivisError
from nivis_tofu.system.signals import RELAYED
from nivis_tofu.telemetry.current import QUIET, SPANS
from nivis_tofu.telemetry.sending import Sender
from tests.support.collector import Collector, collecting


@pytest.fixture(autouse=True)
def loggers() -> Iterator[None]:
    found = [logging.getLogger(name) for name in ("opentelemetry", "urllib3", "requests", "grpc")]
    before = [(logger, logger.handlers, logger.propagate) for logger in found]
    yield
    for logger, handlers, propagate in before:
        logger.handlers, logger.propagate = handlers, propagate


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in RELAYED}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collecting() as found:
        for name, value in found.environment.items():
            monkeypatch.setenv(name, value)
        yield found


def traced(argv: list[str], code: int = 0) -> tuple[list[NivisError], Any]:
    warned: list[NivisError] = []
    trace, seen = RunTrace(argv, os.environ, warned.append), list[Any]()

    def verb() -> int:
        seen.append(SPANS.get())
        return code

    assert trace.call(verb) == code
    trace.end(code)
    assert (SPANS.get(), QUIET.get()) == (None, False)
    return warned, seen[0]


def test_a_verb_is_traced(collector: Collector) -> None:
    warned, spans = traced(["plan"], 1)
    assert warned == []
    assert spans is not None
    assert collector.named("nivis").status == "exit code 1"


@pytest.mark.parametrize("argv", [["help"], ["completion", "bash"], ["--color=never", "lsp"]])
def test_what_is_no_run_has_no_trace(collector: Collector, argv: list[str]) -> None:
    assert traced(argv) == ([], None)
    assert collector.spans == []


def test_without_the_packages_the_verb_is_run(monkeypatch: pytest.MonkeyPatch, collector: Collector) -> None:
    monkeypatch.delitem(sys.modules, "nivis_tofu.telemetry.program", raising=False)
    known = builtins.__import__

    def absent(name: str, *args: Any) -> Any:
        if name.startswith(("opentelemetry", "nivis_tofu.telemetry.program")):
            raise ImportError("No module named 'opentelemetry'", name=name)
        return known(name, *args)

    monkeypatch.setattr(builtins, "__import__", absent)
    (error,), spans = traced(["plan"])
    assert spans is None
    assert error.diagnostics[0].summary == "There are no traces"
    assert "OTEL_EXPORTER_OTLP_ENDPOINT asks" in error.diagnostics[0].detail
    assert "pip install 'nivis-tofu[otel]'" in error.diagnostics[0].hint


def test_settings_that_nobody_understands(monkeypatch: pytest.MonkeyPatch, collector: Collector) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "pigeon")
    (error,), _ = traced(["plan"])
    assert error.diagnostics[0].summary == "Unknown exporter of traces"


def test_what_a_package_cannot_do_stops_no_verb(monkeypatch: pytest.MonkeyPatch, collector: Collector) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("no such sampler")

    monkeypatch.setattr("nivis_tofu.telemetry.program.Program", broken)
    (error,), _ = traced(["plan"])
    assert error.diagnostics[0].summary == "There are no traces"
    assert error.diagnostics[0].detail == "ValueError: no such sampler."


def test_a_fork_leaves_the_warning_to_who_started_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "pigeon")
    token = QUIET.set(True)
    warned: list[NivisError] = []
    trace = RunTrace(["apply"], os.environ, warned.append)
    trace.end(trace.call(lambda: 0))
    QUIET.reset(token)
    assert warned == []


def test_the_run_is_called_by_its_verb_and_by_nothing_else(
    collector: Collector, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert app.run(["state", "show", "hunter2", "--no-pager"]) == 1
    assert app.run(["hunter2"]) == 1
    assert {span.name for span in collector.spans} == {"nivis state show", "nivis"}
    assert b"hunter2" not in collector.raw
    assert collector.named("nivis state show").status == "No flake in this directory"
    assert capsys.readouterr().out == ""


def test_nothing_is_loaded_unless_somebody_asks(tmp_path: Any) -> None:
    code = "from nivis_tofu.cli.app import run; import sys; run(['plan']); print(*sys.modules)"
    env = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    env |= {"TRACEPARENT": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=env)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "nivis_tofu" in loaded, done.stderr
    assert not loaded & {"opentelemetry", "requests", "google"}
    assert "nivis_tofu.telemetry.spans" not in done.stdout.split()


def test_a_signal_while_the_packages_are_loaded_stops_the_run(
    monkeypatch: pytest.MonkeyPatch, collector: Collector
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise Interrupted(Diagnostic("Interrupted"), signal=2)

    monkeypatch.setattr("nivis_tofu.telemetry.program.Program", interrupted)
    warned: list[NivisError] = []
    trace = RunTrace(["apply"], os.environ, warned.append)
    with pytest.raises(Interrupted):
        trace.call(lambda: 0)
    trace.end(130)
    assert warned == []


@pytest.mark.parametrize("number", RELAYED)
def test_a_signal_while_spans_are_sent_does_not_lose_them(
    monkeypatch: pytest.MonkeyPatch, collector: Collector, number: int
) -> None:
    trace = RunTrace(["apply"], os.environ, lambda _: None)
    assert trace.call(lambda: 0) == 0
    export = Sender.export

    def slowly(sender: Sender, spans: Any) -> Any:
        os.kill(os.getpid(), number)
        time.sleep(0.1)  # it is seen before they are sent
        return export(sender, spans)

    monkeypatch.setattr(Sender, "export", slowly)
    trace.end(0)
    assert collector.named("nivis").attributes["process.exit.code"] == 0


def test_who_asks_to_stop_twice_waits_no_longer(monkeypatch: pytest.MonkeyPatch, collector: Collector) -> None:
    trace = RunTrace(["apply"], os.environ, lambda _: None)
    assert trace.call(lambda: 0) == 0
    for name in ("PATIENCE", "IN_DOUBT"):
        monkeypatch.setattr(f"nivis_tofu.telemetry.sending.{name}", 60)
    released = threading.Event()

    def never(_: Sender, spans: Any) -> Any:
        for _attempt in range(2):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.1)  # two of a kind at the same time are one
        released.wait(30)

    monkeypatch.setattr(Sender, "export", never)
    began = time.monotonic()
    trace.end(0)
    assert time.monotonic() - began < 20
    released.set()
