"""What a worker does with a task, without a cluster: the program is a script, Dask is played."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import types
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.stacks import worker
from nivis_tofu.stacks.shipment import Shipment, packed
from nivis_tofu.stacks.worker import Command, Finished, execute

SCRIPT = """#!/bin/sh
echo "result of $*"
echo one >&2
printf two >&2
for word; do case $word in
  --json-into=*) echo '{"ok": true}' > "${word#*=}" ;;
  --var-file=* | --backend-config=*) cat "${word#*=}"; ls -l "${word#*=}" | cut -c1-10 ;;
  hang) sleep 60 & wait ;;
  stand) echo "phase 1/2: planning" > "$NIVIS_HEADS_INTO"; sleep 0.1 ;;
esac; done
exit 3
"""


class Played:
    """The worker and the scheduler's queue."""

    address = "tcp://worker:1"

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.tokens: list[str] = []

    def log_event(self, topic: str, event: dict[str, Any]) -> None:
        assert topic == "run"
        self.events.append(event)

    def take(self, key: str) -> None:
        if key not in self.tokens:
            raise TimeoutError
        self.tokens.remove(key)


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Played:
    found = Played()
    module = types.ModuleType("distributed")
    module.get_worker = lambda: found  # type: ignore[attr-defined]
    module.get_client = lambda: None  # type: ignore[attr-defined]
    module.Queue = lambda key, client: types.SimpleNamespace(  # type: ignore[attr-defined]
        get=lambda timeout: found.take(key)
    )
    monkeypatch.setitem(sys.modules, "distributed", module)
    script = tmp_path / "program"
    script.write_text(SCRIPT)
    script.chmod(0o755)
    monkeypatch.setattr("nivis_tofu.stacks.worker.sys", types.SimpleNamespace(executable=str(script)))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(worker, "_TREES", {})
    monkeypatch.setattr(worker, "_LOOK", 0.01)
    return found


@pytest.fixture
def source(tmp_path: Path) -> Shipment:
    (tmp_path / "here").mkdir()
    (tmp_path / "here/flake.nix").write_text("{ }")
    return packed(tmp_path / "here", None, {}, ())


def command(stack: str = "net", *argv: str, **env: str) -> Command:
    return Command("run", stack, argv or ("plan",), env, {"password": "s3cr3t"}, ('key = "s3cr3t-too"\n',))


def test_a_command_is_run_once_and_its_lines_come_back(played: Played, source: Shipment) -> None:
    played.tokens = ["nivis-run-net"]
    found = execute(command(), source)
    assert found.code == 3
    assert found.text.splitlines()[0].startswith("result of -P -m nivis_tofu plan --json-into=")
    assert found.text.splitlines()[1:] == ['{"password":"s3cr3t"}-rw-------', 'key = "s3cr3t-too"', "-rw-------"]
    assert (found.document, found.narrative, found.said) == ('{"ok": true}\n', ("one", "two"), 2)
    assert played.events[0] == {"stack": "net", "began": "tcp://worker:1"}
    assert [line for e in played.events for line in e.get("lines", ())] in (["one"], ["one", "two"])

    # Given out again because its worker, or its result, was lost.
    events = len(played.events)
    assert execute(command(), source) == Finished(None)
    assert len(played.events) == events


def test_the_project_is_unpacked_once_for_a_run_and_cleared(played: Played, source: Shipment, tmp_path: Path) -> None:
    played.tokens = ["nivis-run-net", "nivis-run-app"]
    for stack in ("net", "app"):
        execute(command(stack), source)
    (home,) = tmp_path.glob("nivis-run-*")
    assert (home / "tree/flake.nix").exists()
    worker.clear("run")
    assert not home.exists()


def test_a_signal_reaches_the_program(played: Played, source: Shipment) -> None:
    played.tokens = ["nivis-run-net"]
    found: list[Finished] = []
    thread = threading.Thread(target=lambda: found.append(execute(command("net", "hang"), source)))
    thread.start()
    while thread.is_alive() and not any("lines" in e for e in played.events):
        time.sleep(0.01)
    worker.clear("run")  # what is in use stays
    worker.signalled("nivis-run-other", signal.SIGTERM)
    worker.signalled("nivis-run-net", signal.SIGTERM)
    thread.join()
    assert found[0].code == -signal.SIGTERM
    worker.clear("run")


def test_where_it_stands_is_told_as_it_changes(played: Played, source: Shipment) -> None:
    played.tokens = ["nivis-run-net"]
    execute(command("net", "stand"), source)
    assert [e["head"] for e in played.events if "head" in e] == ["phase 1/2: planning"]


def test_flags_of_the_engine_stay_behind_all_others(played: Played, source: Shipment) -> None:
    played.tokens = ["nivis-run-net"]
    found = execute(replace(command(), engine=("-compact-warnings",)), source)
    line = found.text.splitlines()[0].split()
    assert line[-2:] == ["--", "-compact-warnings"]
    assert any(word.startswith("--backend-config=") for word in line[:-2])


def test_what_keeps_a_worker_from_beginning_is_told(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    played.tokens = ["nivis-run-net"]
    monkeypatch.setenv("PATH", "")
    found = execute(command(), Shipment(b"", ".", True, {}))
    assert found.code == 1
    assert found.narrative[0].startswith("error: Command could not be started: git")
    assert not [name for name in os.environ if name.startswith("NIVIS_VAR_")]


def test_no_value_is_in_the_text_of_a_command() -> None:
    shown = repr(command("net", "apply", "--var=a=hunter2", TF_VAR_b="hunter2"))
    assert "hunter2" not in shown
    assert "s3cr3t" not in shown
    assert "net" in shown


def test_the_environment_is_the_callers_but_for_where_this_machine_sends_traces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://agent-here")
    monkeypatch.setenv("TF_VAR_x", "here")
    given = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://there",
        "OTEL_SERVICE_NAME": "deploy",
        "TRACEPARENT": "00-1-2-01",
        "TF_VAR_x": "there",
    }
    found = worker._environment(Command("run", "net", (), given, {}))
    assert {name: found[name] for name in given} == {**given, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://agent-here"}
