"""Scaffolds, lock files, drift, saved plans, completion: the pure parts behind verbs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nivis_tofu.cli import complete_ids
from nivis_tofu.cli.target_files import named_in
from nivis_tofu.core.nearest import did_you_mean, nearest
from nivis_tofu.run import plan_view, seal, sidecar
from nivis_tofu.run.decide.announce import Announced
from nivis_tofu.tofu.documents import Change, Plan, PlanChange, State


def test_the_nearest_name() -> None:
    names = ["aws.aws_s3_bucket.demo", "aws.aws_vpc.main", "region"]
    assert nearest("regoin", names) == "region"
    assert nearest("aws.aws_s3_bucket.demmo", names) == "aws.aws_s3_bucket.demo"
    assert nearest("mian", names) == "aws.aws_vpc.main"
    assert nearest("zzz", names) == nearest("", names) == nearest("x", []) == ""
    assert did_you_mean("regoin", names, "There are some.") == "Did you mean `region`? There are some."
    assert did_you_mean("zzz", names, "There are some.") == "There are some."


def test_a_saved_plan_with_its_sidecar(tmp_path: Path) -> None:
    changes = (
        PlanChange(("no-op",), address="a_b.moved", type="a_b", previous_address="a_b.old", provider="r/x/a"),
        PlanChange(("delete", "create"), address='a_b.many["k"]', type="a_b", provider="r/x/a"),
        PlanChange(("delete",), address="a_b.many", deposed="abc"),
    )
    plan = Plan(changes, (), {"o": Change(("update",))}, State())
    file = tmp_path / "p.tfplan"
    file.write_text("a plan")
    assert sidecar.find(file) is None
    assert plan_view.extension(None) == {"deferred_changes": [], "complete": True}
    later = sidecar.deferred_change({"action": "create", "id": "x.y.z"}, "y.z", "r/x/x", "pending")
    announced = Announced({"y.z": "create"}, frozenset({"y.q"}), strict=True, groups=True)
    beside = sidecar.Sidecar(sidecar.digest(file), seal.seal("ir"), "f", "l", 3, False, announced, (later,))
    beside = replace(beside, variables={"v": [1, "x"]}, sealed={"pw": seal.seal("pw")})
    beside.write(file)
    assert sidecar.find(file) == beside
    assert plan_view.extension(beside) == {"deferred_changes": [later], "complete": False}
    found = plan_view.preview(plan, {"a_b.many": "a.a_b.many"}, beside)
    assert [(x.action, x.id) for x in found.lines] == [
        ("move", "a.a_b.moved"),
        ("replace", 'a.a_b.many["k"]'),
        ("create", "x.y.z"),
    ]
    assert found.outputs == (("o", "update"),)
    assert found.pending


def test_ids_for_the_tab_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".nivis").mkdir()
    ids = tmp_path / ".nivis/ids.json"
    for text in ("{", "[]", "null"):
        ids.write_text(text)
        assert complete_ids.ids(tmp_path) == []
    ids.write_text('{"b.c": "x.b.c", "a.c": "x.a.c"}')
    assert complete_ids.main(["state", "show", f"--flake={tmp_path}"]) == 0
    assert capsys.readouterr().out == "x.a.c\nx.b.c\n"


def test_a_number_sign_in_a_key_begins_no_comment(tmp_path: Path) -> None:
    file = tmp_path / "targets"
    file.write_text('# all\n\n x.a["b#c"] # "one"\n//x\n')
    assert list(named_in([file])) == ['x.a["b#c"]', "//x"]
