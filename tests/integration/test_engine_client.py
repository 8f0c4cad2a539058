"""The client on the real engine: what it relies on is so."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.errors import EngineError
from nivis_tofu.tofu import messages as m
from nivis_tofu.tofu.argv import ApplyOptions, InitOptions, PlanOptions
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.documents import read_raw_state
from nivis_tofu.tofu.env import engine_env
from nivis_tofu.tofu.exclude_file import ABOVE
from nivis_tofu.tofu.results import ApplyFailed, ApplyInterrupted, LockHeldError
from nivis_tofu.tofu.site import Site

pytestmark = pytest.mark.engine

PLAN = Path("plan.bin")
NO_BACKUP = ApplyOptions(backup="-")


@pytest.fixture
def tofu(tofu_exe: Path, tmp_path: Path) -> Tofu:
    return Tofu(tofu_exe, "tofu", Site.alone(tmp_path), engine_env(os.environ))


def configure(tofu: Tofu, **resources: Any) -> None:
    """The configuration is these terraform_data resources, and an output of each one's id."""
    outputs = {name: {"value": f"${{terraform_data.{name}[*]}}", "sensitive": True} for name in resources}
    document = {"resource": {"terraform_data": resources}, "output": outputs} if resources else {}
    (tofu.directory / "main.tf.json").write_text(json.dumps(document))


def actions(changes: tuple[Any, ...]) -> dict[str, str]:
    return {change.addr: change.action for change in changes}


def test_plan_apply_and_read_back(tofu: Tofu) -> None:
    configure(tofu, a={"input": {"big": 12345678901234567890123, "text": "x"}}, b={"for_each": {"k.1": 1, 'q"]': 2}})
    every = {
        "terraform_data.a": "create",
        'terraform_data.b["k.1"]': "create",
        'terraform_data.b["q\\"]"]': "create",
    }
    assert actions(tofu.plan(PlanOptions(out=str(PLAN))).changes) == every
    plan, _ = tofu.show_plan(PLAN)
    assert {change.address: change.action for change in plan.changes} == every
    assert plan.changes[0].after["input"]["big"] == 12345678901234567890123
    assert plan.changes[0].after_unknown["id"] is True
    assert actions(tofu.apply(PLAN, NO_BACKUP).complete) == every
    assert not (tofu.directory / "terraform.tfstate.backup").exists()
    state, _ = tofu.show_state()
    raw = read_raw_state(tofu.state_pull())
    assert raw is not None
    assert raw.serial > 0
    assert {item.address for item in state.resources} == set(every) == {item.address for item in raw.instances}
    assert {item.provider for item in raw.instances} == {state.resources[0].provider}
    assert raw.instances[0].attributes["input"]["value"] == {"big": 12345678901234567890123, "text": "x"}
    assert set(tofu.state_list()) == set(every)
    assert tofu.output()["a"]["sensitive"] is True
    assert not tofu.plan().has_changes
    assert (tofu.processes, tofu.schema_loads) == (8, 5)


def test_excluded_orphans_survive(tofu: Tofu) -> None:
    configure(tofu, a={"input": 1}, b={"input": 1}, c={"for_each": {str(n): n for n in range(ABOVE)}})
    tofu.apply_direct()
    configure(tofu, a={"input": 2})
    orphans = ("terraform_data.b", *(f'terraform_data.c["{n}"]' for n in range(ABOVE)))
    for exclude in (("terraform_data.b", "terraform_data.c"), orphans):
        result = tofu.plan(PlanOptions(out=str(PLAN), exclude=exclude))
        assert actions(result.changes) == {"terraform_data.a": "update"}
        assert result.warnings == ()
    applied = tofu.apply(PLAN)
    assert actions(applied.complete) == {"terraform_data.a": "update"}
    assert applied.warnings == ()
    assert len(tofu.state_list()) == 2 + ABOVE


def test_failed_apply_keeps_what_succeeded(tofu: Tofu) -> None:
    fail = {"provisioner": {"local-exec": {"command": "exit 3"}}, "depends_on": ["terraform_data.a"]}
    configure(tofu, a={}, bad=fail)
    with pytest.raises(ApplyFailed) as caught:
        tofu.apply_direct()
    result = caught.value.result
    assert actions(result.complete) == {"terraform_data.a": "create"}
    assert actions(result.errored) == {"terraform_data.bad": "create"}
    assert [item.summary for item in caught.value.diagnostics] == ["local-exec provisioner error"]
    raw = read_raw_state(tofu.state_pull())
    assert raw is not None
    assert {item.name: item.tainted for item in raw.instances} == {"a": False, "bad": True}


def test_interrupt_writes_the_state_and_releases_the_lock(tofu: Tofu) -> None:
    slow = {
        "provisioner": {"local-exec": {"command": "echo begun; sleep 30"}},
        "depends_on": ["terraform_data.a"],
    }
    configure(tofu, a={}, slow=slow)
    counts: list[int] = []
    tofu = tofu.at(on_signal=counts.append)

    def interrupt(message: m.Message) -> None:
        if isinstance(message, m.ProvisionerLine) and message.output == "begun":
            os.kill(os.getpid(), signal.SIGINT)

    tofu = tofu.at(on_message=interrupt)
    with pytest.raises(ApplyInterrupted) as caught:
        tofu.apply_direct()
    assert counts == [1]
    assert actions(caught.value.result.complete) == {"terraform_data.a": "create"}
    tofu = tofu.at(on_message=lambda _: None)
    assert "terraform_data.a" in tofu.state_list()
    tofu.state_rm(("terraform_data.a",))
    assert tofu.state_list() == ("terraform_data.slow",)


def test_lock_held_by_another_run(tofu: Tofu, tofu_exe: Path) -> None:
    configure(tofu, slow={"provisioner": {"local-exec": {"command": "echo begun; sleep 30"}}})
    other = Tofu(tofu_exe, "tofu", tofu.site, tofu.env)
    held: list[LockHeldError] = []

    def try_too(message: m.Message) -> None:
        if isinstance(message, m.ProvisionerLine) and message.output == "begun":
            for attempt in (other.plan, lambda: other.taint("terraform_data.slow")):
                with pytest.raises(LockHeldError) as caught:
                    attempt()
                held.append(caught.value)
            os.kill(os.getpid(), signal.SIGINT)

    tofu = tofu.at(on_message=try_too)
    with pytest.raises(ApplyInterrupted):
        tofu.apply_direct()
    assert [error.lock.operation for error in held] == ["OperationTypeApply", "OperationTypeApply"]
    assert held[0].lock.id
    assert held[0].lock.path == "terraform.tfstate"


def test_errors_come_as_diagnostics_with_a_place(tofu: Tofu) -> None:
    (tofu.directory / "main.tf").write_text('resource "terraform_data" "a" {\n  nonsense = 1\n}\n')
    for command in (tofu.plan, tofu.validate):
        with pytest.raises(EngineError) as caught:
            command()
        (found,) = caught.value.diagnostics
        assert found.summary == "Unsupported argument"
        assert str(found.position) == "main.tf:2:3"


def test_text_commands_fail_with_the_engines_own_words(tofu: Tofu) -> None:
    with pytest.raises(EngineError) as caught:
        tofu.state_list()
    assert caught.value.diagnostics[0].summary.rstrip("!") == "No state file was found"
    assert "\x1b" not in str(caught.value.diagnostics)


def test_empty_directory(tofu: Tofu) -> None:
    assert tofu.state_pull() == ""
    assert tofu.show_state()[0].resources == ()
    assert tofu.output() == {}
    assert tofu.version().split(".")[0] == "1"


def test_state_commands(tofu: Tofu, tmp_path: Path) -> None:
    configure(tofu, a={}, b={})
    assert tofu.init(InitOptions()) == ()
    tofu.apply_direct()
    tofu.taint("terraform_data.a")
    assert actions(tofu.plan().changes) == {"terraform_data.a": "replace"}
    tofu.untaint("terraform_data.a")
    assert not tofu.plan().has_changes
    tofu.state_mv("terraform_data.b", "terraform_data.c")
    assert tofu.state_list() == ("terraform_data.a", "terraform_data.c")
    pulled = tofu.state_pull()
    tofu.state_rm(("terraform_data.c",))
    tofu.import_("terraform_data.b", "some-id")
    assert tofu.state_list() == ("terraform_data.a", "terraform_data.b")
    file = tmp_path / "old.json"
    file.write_text(pulled)
    with pytest.raises(EngineError):
        tofu.state_push(file)
    tofu.state_push(file, force=True)
    assert tofu.state_list() == ("terraform_data.a", "terraform_data.c")
    with pytest.raises(EngineError, match="Failed to unlock state"):
        tofu.force_unlock("no-such-lock")
    assert "provider_schemas" in tofu.providers_schema()


def test_workspaces(tofu: Tofu) -> None:
    configure(tofu, a={})
    tofu.init()
    tofu.workspace_new("blue")
    assert tofu.workspace_list() == (("default", "blue"), "blue")
    tofu.workspace_select("default")
    assert tofu.workspace_list()[1] == "default"
    tofu.workspace_delete("blue")
    assert tofu.workspace_list() == (("default",), "default")


def test_destroy_and_refresh_only_plans(tofu: Tofu) -> None:
    configure(tofu, a={})
    tofu.apply_direct()
    assert actions(tofu.plan(PlanOptions(mode="destroy")).changes) == {"terraform_data.a": "delete"}
    assert not tofu.plan(PlanOptions(mode="refresh-only")).has_changes
    result = tofu.apply_direct(PlanOptions(mode="destroy"))
    assert actions(result.complete) == {"terraform_data.a": "delete"}
    assert tofu.show_state()[0].resources == ()
