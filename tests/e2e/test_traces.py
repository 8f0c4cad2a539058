"""OpenTelemetry traces as a collector gets them: of whole runs, of those that fail or are stopped, of many stacks."""

from __future__ import annotations

import signal
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.project import Project, wait_for
from tests.e2e.test_stacks import APP, LOG, NETWORK, write
from tests.support.collector import Collector, TakenSpan, collecting

pytestmark = [pytest.mark.engine, pytest.mark.nix]

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{CALLER}-01"
LET = """
  vars = lib.mkVars { pw = { type = "str"; sensitive = true; }; run = { type = "str"; default = "true"; }; } ledger.vars;
  a = data "a" vars.pw;
  b = data "b" (lib.derived { inputs = [ (a.refAttr "output") ]; render = xs: "b-${builtins.head xs}"; });
  c = lib.mkResource { provider = "terraform"; type = "terraform_data"; name = "c"; config = {
    input = lib.derived { inputs = [ (b.refAttr "output") ]; render = xs: "c-${builtins.head xs}"; };
    triggers_replace = vars.run;
    provisioner = [ { local-exec = [ { command = lib.str [ vars.run " # " vars.pw ]; } ]; } ];
  }; };
"""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found


@pytest.fixture
def traced(project: Project, collector: Collector) -> Project:
    project.env |= {**collector.environment, "TRACEPARENT": PARENT}
    return project


def check_nesting(collector: Collector) -> None:
    """Each span is within its parent, in time too, and all are of one trace."""
    by_id = {span.id: span for span in collector.spans}
    assert {span.trace for span in collector.spans} == {TRACE}
    for span in collector.spans:
        if span.above == CALLER:
            continue
        above = by_id[span.above]
        assert above.start <= span.start <= span.end <= above.end, (above.name, span.name)


def processes(collector: Collector) -> list[TakenSpan]:
    return sorted((s for s in collector.spans if "nivis.process.command" in s.attributes), key=lambda s: s.start)


def test_a_run_in_three_phases_and_one_that_fails(traced: Project, collector: Collector) -> None:
    canary = f"canary-{uuid.uuid4().hex}"
    traced.env["NIVIS_VAR_pw"] = canary
    traced.flake("""ir [ a b c ] { outputs.o = c.refAttr "output"; }""", let=LET)
    done = traced.run("apply", "--log-level", "debug").ok()
    assert done.stdout.startswith("Applied 3 resource(s) across 3 phase(s):")
    root = collector.named("nivis apply")
    assert (root.trace, root.above) == (TRACE, CALLER)
    assert [s.name for s in collector.spans if s.above == CALLER] == ["nivis apply"]
    check_nesting(collector)
    assert {k: v for k, v in root.attributes.items() if k != "process.exit.code"} == {
        "nivis.verb": "apply",
        "nivis.phases": 3,
        "nivis.done.create": 3,
    }
    named = [s for s in collector.below(root) if s.name.startswith("phase")]
    assert [(s.name, s.attributes) for s in named] == [(f"phase {n}", {"nivis.phase": n}) for n in (1, 2, 3)]
    for phase, name in zip(named, "abc", strict=True):
        last = [s for s in collector.below(phase) if s.name == "tofu apply"][-1]
        assert f"create terraform.terraform_data.{name}" in {s.name for s in collector.below(last)}
    # Every process that nivis started is a span, and every engine among them has spans of its own.
    words = [s.name.split() for s in processes(collector)]
    assert [ran.command for ran in done.ran] == [word[0] if word[0].startswith("nix") else word[1] for word in words]
    for process in processes(collector):
        inner = [s for s in collector.below(process) if s.service == "OpenTofu CLI"]
        assert bool(inner) is (process.attributes["process.executable.name"] == "tofu"), process.name

    # The same again, with a provisioner that fails, and tells the secret in the engine's own error.
    collector.spans.clear()
    failing = traced.run("apply", "--var", "run=exit 3").fails()
    root = collector.named("nivis apply")
    assert root.failed
    assert root.attributes["process.exit.code"] == 1
    assert root.attributes["error.type"] == "ApplyFailed"
    assert [name for name, _ in root.events].count("exception") == 1
    broken = collector.named("create terraform.terraform_data.c")
    assert (broken.failed, broken.status) == (True, root.status)
    check_nesting(collector)
    engine = [s.status for s in collector.spans if s.failed and s.service == "OpenTofu CLI"]
    assert any("Error running command '(sensitive)'" in status for status in engine), engine
    assert canary.encode() not in collector.raw
    assert canary not in failing.stdout + failing.stderr


def test_a_run_that_is_stopped_ends_its_spans(traced: Project, collector: Collector) -> None:
    traced.env["NIVIS_VAR_pw"] = "hunter2"
    traced.flake("ir [ a b c ] { }", let=LET)
    process = traced.start("apply", "--var", "run=exec sleep 60")
    journal = traced.directory / ".nivis" / "journal.jsonl"
    wait_for(lambda: journal.exists() and '"id":"terraform.terraform_data.c"' in journal.read_text(), process)
    time.sleep(0.3)
    for _ in range(2):
        process.send_signal(signal.SIGTERM)
        time.sleep(0.05)
    process.communicate(timeout=60)
    assert process.returncode in (143, -signal.SIGTERM)  # the second one may come when Python has ended
    root = collector.named("nivis apply")
    assert (root.status, root.attributes["process.exit.code"]) == ("Interrupted", 143)
    assert "signal" in {name for name, _ in root.events}
    assert collector.named("create terraform.terraform_data.c").failed
    check_nesting(collector)


def test_stacks_are_parts_of_one_trace(tmp_path: Path, tofu_exe: Path, collector: Collector) -> None:
    project = write(
        Project(tmp_path, tofu_exe, {**collector.environment, "TRACEPARENT": PARENT}), "x", NETWORK + APP + LOG
    )
    project.run("stacks", "apply").ok()
    root = collector.named("nivis stacks apply")
    assert root.above == CALLER
    stacks = {s.name: s for s in collector.below(root) if "nivis.stack" in s.attributes}
    assert stacks.keys() == {"stack network", "stack app", "stack log"}
    for stack in stacks.values():
        assert stack.attributes["nivis.stack.state"] == "done"
        (run,) = collector.below(stack)
        assert run.name == "nivis apply"
        assert "phase 1" in {s.name for s in collector.below(run)}
    check_nesting(collector)
    assert b"s3cr3t-t0ken" not in collector.raw


def test_answers_in_one_plan(traced: Project, collector: Collector) -> None:
    traced.chain().run("apply", "--one-plan").ok()
    root = collector.named("nivis apply")
    answers = collector.named("nix answers")
    assert answers.above == root.id
    assert answers.attributes["nivis.answers"] >= 1
    assert root.attributes["nivis.phases"] == 1
    check_nesting(collector)


def test_what_is_in_the_way_of_traces_is_in_the_way_of_nothing_else(project: Project, tmp_path: Path) -> None:
    project.chain()
    plain = project.run("state", "list").ok()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    began = time.monotonic()
    done = project.run("state", "list", env={"OTEL_EXPORTER_OTLP_ENDPOINT": nobody}).ok()
    assert time.monotonic() - began < 30
    assert done.stdout == plain.stdout
    assert done.stderr.count("warning: ") == 1
    assert f"Traces could not be sent {nobody}: Connection refused." in " ".join(done.stderr.split())

    hidden = tmp_path / "shadow" / "opentelemetry"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ImportError(\"No module named 'opentelemetry'\")\n")
    project.forks = False
    env = {"OTEL_TRACES_EXPORTER": "otlp", "PYTHONPATH": str(hidden.parent)}
    done = project.run("state", "list", env=env).ok()
    assert done.stdout == plain.stdout
    assert "warning: There are no traces" in done.stderr
    assert "hint: pip install 'nivis-tofu[otel]'" in done.stderr
    assert project.run("state", "list", env={**env, "OTEL_SDK_DISABLED": "true"}).ok().stderr == plain.stderr
