"""What nobody could tell when the run began, because a group was pending: asked about late, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.outcome import Preview
from nivis_tofu.run.decide.options import Options
from nivis_tofu.run.loop import Run
from nivis_tofu.run.session import Session
from tests.support.lab import Lab, short

pytestmark = [pytest.mark.engine, pytest.mark.nix]

LET = """size = td "size" { input = var.n; };
members = lib.whenKnown { inputs = { n = size.refAttr "output"; }; name = "members";
  resources = { n }: builtins.genList (i: td "db${toString i}" { input = i; triggers_replace = var.t or 1; }) n; };
other = td "other" { input = 1; };
lists = [ size members ] ++ (if var ? drop then [] else [ other ]);"""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path, variables={"n": 2})
    lab.write(LET, "resources = lists;")
    lab.apply().ok()
    return lab


def asked(lab: Lab, answers: list[bool]) -> tuple[list[list[str]], Any]:
    """What an apply asks about, question by question, and its result."""
    questions: list[list[str]] = []

    def ask(_: Session, preview: Preview) -> bool:
        questions.append(sorted(short(line.id) for line in preview.destructive))
        return answers[len(questions) - 1]

    return questions, Run(lab.session(Options(variables=lab.variables)), ask=ask).apply()


def test_members_that_go_are_asked_about_when_it_is_known(lab: Lab) -> None:
    lab.variables["n"] = 0
    questions, result = asked(lab, [False])
    assert questions == [["db0", "db1"]]
    assert result.error.diagnostics[0].summary == "Cancelled. Nothing more was changed."
    assert set(lab.state) == {"size", "db0", "db1", "other"}
    questions, result = asked(lab, [True])
    assert (questions, result.error) == ([["db0", "db1"]], None)
    assert set(lab.state) == {"size", "other"}


def test_no_destroy_holds_in_later_phases(lab: Lab) -> None:
    lab.variables |= {"n": 0}
    error = lab.apply(no_destroy=True).result.error
    assert error
    assert error.diagnostics[0].summary == "The plan destroys something"
    assert set(lab.state) == {"size", "db0", "db1", "other"}
    lab.variables |= {"n": 2, "t": 2}
    assert lab.apply(no_destroy=True).result.error
    lab.variables |= {"n": 3, "t": 1}
    assert lab.apply(no_destroy=True).ok().words["db2"] == "created"


def test_members_survive_a_run_that_was_to_remove_them_and_is_taken_back(lab: Lab) -> None:
    before = {n: o["id"] for n, o in lab.state.items()}
    lab.variables["n"] = 0
    asked(lab, [False])
    assert lab.state["size"]["output"] == 0  # so the group is empty by what the state says
    lab.variables["n"] = 2
    assert lab.apply().ok().words == {"size": "updated"}
    assert {n: o["id"] for n, o in lab.state.items()} == before


def test_what_is_no_member_is_told_and_asked_about_at_once(lab: Lab) -> None:
    lab.variables |= {"n": 3, "drop": True}
    lines = {short(line.id): line for line in lab.plan().lines}
    assert lines["other"].action == "delete"
    assert lines["other"].note == "unless it turns out to be a member of members"
    assert "db0" not in lines
    questions, _ = asked(lab, [False])
    assert questions == [["other"]]
    assert lab.apply(no_destroy=True).result.error
    assert lab.state["size"]["output"] == 2
    questions, result = asked(lab, [True])
    assert (questions, result.error) == ([["other"]], None)
    assert set(lab.state) == {"size", "db0", "db1", "db2"}


def test_prevent_destroy_is_told_where_only_a_later_phase_could_refuse(tmp_path: Path) -> None:
    lab = Lab(tmp_path, variables={"t": "1"})
    lab.write(
        """a = td "a" { input = "x"; triggers_replace = var.t; };
        b = tdm "b" { lifecycle.preventDestroy = true; } { input = "y"; triggers_replace = of (a.refAttr "id") (x: x); };""",
        "resources = [ a b ];",
    )
    lab.apply().ok()
    lab.variables["t"] = "2"
    notes = {short(line.id): (line.action, line.note) for line in lab.plan().lines}
    assert notes == {"a": ("replace", ""), "b": ("replace", "preventDestroy forbids it")}


def test_an_orphan_that_an_unselected_one_needs_is_not_promised(tmp_path: Path) -> None:
    from nivis_tofu.run.decide.select import Selection

    lab = Lab(tmp_path)
    let = 'b = td "b" { input = 1; }; x = td "x" { input = @X@; }; z = td "z" { input = 1; };'
    lab.write(let.replace("@X@", 'b.refAttr "output"'), "resources = [ b x z ];")
    lab.apply().ok()
    lab.write(let.replace("@X@", "1"), "resources = [ x ];")
    selection = Selection(excludes=("terraform.terraform_data.x",))
    assert lab.planned(selection=selection) == {"z": "delete"}
    assert lab.apply(selection=selection).ok().words == {"z": "destroyed"}
    assert lab.planned(selection=Selection(("terraform_data.b",))) == {}
    assert lab.apply().ok().words == {"b": "destroyed"}


def test_instances_are_told_one_by_one(tmp_path: Path) -> None:
    lab = Lab(tmp_path, variables={"keys": '["a", "b"]', "n": 3})
    lab.write(
        r"""x = td "x" { count = var.n; input = lib.expr "\${count.index}"; };
        y = td "y" { for_each = lib.expr "\${toset(${var.keys})}"; input = lib.expr "\${each.key}"; };""",
        "resources = [ x y ];",
    )
    lab.apply().ok()
    lab.variables |= {"keys": '["a", "c"]', "n": 2}
    told = {'y["b"]': "delete", 'y["c"]': "create", "x[2]": "delete"}
    assert lab.planned() == told
    assert lab.apply().ok().words == {
        'y["b"]': "destroyed",
        'y["c"]': "created",
        "x[2]": "destroyed",
    }
    done = lab.apply(replace=("terraform_data.x",)).ok()
    assert done.words == {"x[0]": "replaced", "x[1]": "replaced"}
    lab.write("", "resources = [ ];")
    assert lab.planned() == dict.fromkeys(("x[0]", "x[1]", 'y["a"]', 'y["c"]'), "delete")
