"""What a stack knows of others: read once, kept for the next run, never trusted while it changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.ir.model import IR, Output
from nivis_tofu.ir.values import Derived, Ref
from nivis_tofu.project.memory import Remembered
from nivis_tofu.run.siblings import CHANGING, Siblings, environment, told
from nivis_tofu.tofu.raw_state import RawOutput


def outputs(**found: tuple[Any, bool]) -> dict[str, RawOutput]:
    """Outputs by name: value, is it sensitive."""
    return {n: RawOutput(v, "dynamic", s) for n, (v, s) in found.items()}


def using(*stacks: str) -> IR:
    return IR({}, {}, {s: Output(s, Derived((), stacks=(Ref(f"stack.{s}", ("x",)),))) for s in stacks})


def siblings(root: Path, **more: Any) -> Siblings:
    there = {"net": outputs(vpc=("v", False), key=("k", True), null=(None, False))}

    def read(name: str) -> dict[str, RawOutput]:
        if name not in there:
            raise NivisError.of("The flake does not provide it")
        return there[name]

    return Siblings(read, Remembered(root), **more)


def test_outputs_are_read_when_something_refers_to_them(tmp_path: Path) -> None:
    found = siblings(tmp_path)
    assert found.known.outputs == {}
    assert found.missing(using("net")) == ["net"]
    (held,) = found.read(["net"]).outputs.values()
    assert held.attributes == {"vpc": "v", "key": "k", "null": None}
    assert held.sensitive == (("key",),)
    assert found.missing(using("net")) == []
    assert list(found.known.secrets()) == ["k"]


def test_the_next_run_reads_them_at_once(tmp_path: Path) -> None:
    siblings(tmp_path).missing(using("net"))
    assert siblings(tmp_path).known.outputs.keys() == {"stack.net"}


def test_a_stack_that_is_gone_matters_only_to_who_uses_it(tmp_path: Path) -> None:
    Remembered(tmp_path).put_stacks(["gone", "net"])
    found = siblings(tmp_path)
    assert found.known.outputs.keys() == {"stack.net"}
    with pytest.raises(NivisError, match="does not provide"):
        found.read(found.missing(using("gone")))


def test_what_is_about_to_change_is_told_by_name(tmp_path: Path) -> None:
    found = siblings(tmp_path, changing=told('{"net": ["vpc"]}'))
    assert found.known.changing == {Ref("stack.net", ("vpc",))}


@pytest.mark.parametrize("text", ["", "[]", "{}"])
def test_nothing_is_about_to_change(text: str) -> None:
    assert told(text) == {}


def test_what_changes_goes_through_the_environment() -> None:
    env = environment({"net": ("vpc", "arn"), "db": ()})
    assert told(env[CHANGING]) == {"net": ["arn", "vpc"]}
    assert environment({"db": ()}) == {}


@pytest.mark.parametrize("text", ["{", "[1]", '{"network": 1}', "[" * 5000])
def test_an_environment_that_says_nothing_sensible(text: str) -> None:
    with pytest.raises(NivisError, match="NIVIS_STACKS_CHANGING cannot be read"):
        told(text)


def test_documents_of_plans_tell_the_same(tmp_path: Path) -> None:
    plans = tmp_path / "nivis-plans"
    plans.mkdir()
    (plans / "net.json").write_text('{"changes": [], "outputs": {"vpc": "update", "arn": "create"}}')
    (plans / "db.json").write_text('{"outputs": {}}')
    assert told("nivis-plans", tmp_path) == {"net": ["arn", "vpc"], "db": []}


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"outputs": ["vpc"]}', "{"])
def test_a_document_that_cannot_be_read_is_not_passed_over(tmp_path: Path, body: str) -> None:
    """Nor is a directory that is not there: what is planned without it would be planned with old values."""
    (tmp_path / "net.json").write_text(body)
    for place in (str(tmp_path), "nowhere"):
        with pytest.raises(NivisError, match="NIVIS_STACKS_CHANGING cannot be read"):
            told(place, tmp_path)
