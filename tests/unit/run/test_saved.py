"""A saved plan that cannot be used: every reader says the same of it, before anything else is looked at."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError
from nivis_tofu.run import plan_view, sidecar
from nivis_tofu.run.decide.announce import Announced
from nivis_tofu.run.saved import SavedRun
from nivis_tofu.run.sidecar import Sidecar


def show(plan: Path) -> None:
    """`show F`, in all its forms."""
    plan_view.saved(cast(Any, SimpleNamespace()), plan)


def apply(plan: Path) -> None:
    """`apply F`."""
    _Untouched.apply_of(plan, all_phases=False)


def apply_all(plan: Path) -> None:
    """`apply F --all-phases`."""
    _Untouched.apply_of(plan, all_phases=True)


class _Untouched(SavedRun):
    """A run without a session: reading the plan comes first."""

    def __init__(self) -> None:
        pass

    @classmethod
    def apply_of(cls, plan: Path, *, all_phases: bool) -> None:
        cls()._apply_known(plan, all_phases)


def edited(**fields: Any) -> Callable[[Path], None]:
    def damage(plan: Path) -> None:
        path = sidecar.beside(plan)
        path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))

    return damage


def written(content: bytes) -> Callable[[Path], None]:
    def damage(plan: Path) -> None:
        sidecar.beside(plan).write_bytes(content)

    return damage


def a_directory(plan: Path) -> None:
    plan.unlink()
    plan.mkdir()


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "of the next version": (edited(version=99), "The sidecar is of another nivis"),
    "of the first version": (edited(version=1), "The sidecar is of another nivis"),
    "of a version that is none": (edited(version=None), "The sidecar is of another nivis"),
    "with a field of another type": (edited(serial="3"), "The sidecar cannot be read"),
    "with an entry of another form": (edited(deferred_changes=[{}]), "The sidecar cannot be read"),
    "empty": (written(b""), "The sidecar cannot be read"),
    "cut off": (written(b'{"version": 2, "ph'), "The sidecar cannot be read"),
    "no object": (written(b"[]"), "The sidecar cannot be read"),
    "no text": (written(b"\xff\xfe"), "The sidecar cannot be read"),
    "nested without end": (written(b"[" * 100_000), "The sidecar cannot be read"),
    "of another plan": (lambda plan: plan.write_bytes(b"PK other"), "The plan file and its sidecar do not belong together"),
    "without its plan": (Path.unlink, "No such plan file"),
    "beside a directory": (a_directory, "No such plan file"),
}  # fmt: skip


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    file = tmp_path / "F"
    file.write_bytes(b"PK\x03\x04 tfplan")
    Sidecar(sidecar.digest(file), "", "", "lineage", 3, whole=True, announced=Announced()).write(file)
    return file


@pytest.mark.parametrize("name", DAMAGES)
def test_every_verb_says_the_same(plan: Path, name: str) -> None:
    damage, summary = DAMAGES[name]
    damage(plan)
    told: list[tuple[Diagnostic, ...]] = []
    for verb in (show, apply, apply_all):
        with pytest.raises(NivisError) as error:
            verb(plan)
        told.append(error.value.diagnostics)
    assert told[0] == told[1] == told[2]
    (found,) = told[0]
    assert (found.summary, bool(found.hint)) == (summary, True)


def test_the_engines_own_plan_is_shown_and_not_applied(plan: Path) -> None:
    sidecar.beside(plan).unlink()
    for verb in (apply, apply_all):
        with pytest.raises(NivisError, match="The plan file has no sidecar"):
            verb(plan)
    assert sidecar.find(plan) is None
