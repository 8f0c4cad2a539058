"""The state edited by hand: which object is meant, what the engine is told, and where its backup goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.manage.state_edit import BACKED_UP, StateWork
from tests.support.played import Play, Played, computed, document, thing
from tests.support.played_engine import SOURCE


def pair(ledger: Any) -> dict[str, Any]:
    return document(thing("a", "x"), thing("b", computed(ledger, "a")))


@pytest.fixture
def played(play: Play) -> Played:
    return play(pair).applied()


def work(played: Played) -> StateWork:
    return StateWork(played.session())


@pytest.mark.parametrize("text", ["p.t.a", "t.a", "a"])
def test_an_object_is_forgotten_by_id_address_or_the_end_of_an_id(played: Played, text: str) -> None:
    assert work(played).remove([text], dry_run=False) == ["p.t.a"]
    assert played.engine.objects().keys() == {"t.b"}


def test_a_trial_changes_nothing(played: Played) -> None:
    assert work(played).remove(["p.t.*"], dry_run=True) == ["p.t.a", "p.t.b"]
    assert played.engine.calls == []


def test_what_is_not_there_is_an_error_with_the_nearest(played: Played) -> None:
    with pytest.raises(NivisError) as error:
        work(played).remove(["p.t.aa"], dry_run=False)
    assert "p.t.a" in error.value.diagnostics[0].hint
    assert played.engine.calls == []


def test_an_object_gets_another_address(played: Played) -> None:
    assert work(played).move("p.t.a", "p.t.c", dry_run=False) == ("p.t.a", "p.t.c")
    assert played.engine.objects().keys() == {"t.b", "t.c"}
    assert work(played).move("p.t.b", "t.d", dry_run=True) == ("p.t.b", "t.d")
    assert "-dry-run" in played.engine.said("state", "mv")[-1]


@pytest.mark.parametrize("backup", ["", "mine.tfstate", "-"])
def test_the_backup_goes_below_the_work_directory_or_where_it_is_wanted(played: Played, backup: str) -> None:
    done = StateWork(work(played).session.with_options(backup=backup))
    done.remove(["p.t.a"], dry_run=False)
    env = played.engine.environments[-1]
    flags = {env[f"TF_CLI_ARGS_{name}"] for name in BACKED_UP}
    (flag,) = flags
    assert flag == f"-backup={backup}" if backup else flag.startswith("-backup=.nivis/backups/")


@pytest.mark.parametrize("approved", [True, False])
def test_objects_of_a_provider_go_to_another_if_that_is_approved(played: Played, *, approved: bool) -> None:
    shown: list[list[str]] = []

    def approve(ids: list[str]) -> bool:
        shown.append(ids)
        return approved

    if approved:
        assert work(played).replace_provider(SOURCE, "y/q", approve) == ["p.t.a", "p.t.b"]
    else:
        with pytest.raises(NivisError, match="Cancelled"):
            work(played).replace_provider("x/p", "y/q", approve)
    assert shown == [["p.t.a", "p.t.b"]]
    assert bool(played.engine.said("state", "replace-provider")) is approved
    assert work(played).replace_provider("nobody/x", "y/q", approve) == []
    assert len(shown) == 1, "where nothing is found nobody is asked"


def test_a_mark_is_set_and_taken_away(played: Played) -> None:
    assert work(played).taint("a", tainted=True) == "p.t.a"
    assert work(played).taint("a", tainted=False) == "p.t.a"
    assert [(call[0], call[-1]) for call in played.engine.calls] == [("taint", "t.a"), ("untaint", "t.a")]
    assert work(played).taint("gone", tainted=True, allow_missing=True) is None
    with pytest.raises(NivisError):
        work(played).taint("gone", tainted=True)
    assert len(played.engine.calls) == 2


def test_an_object_is_imported_under_what_is_declared(played: Played) -> None:
    played.flake = lambda ledger: document(*pair(ledger)["resources"], thing("new", "x"))
    assert work(played).adopt("p.t.new", "real-1") == "p.t.new"
    assert played.engine.objects()["t.new"]["id"] == "real-1"
    assert played.session().workdir.remembered.ids()["t.new"] == "p.t.new"


def test_what_is_not_declared_or_waits_is_not_imported(played: Played) -> None:
    with pytest.raises(NivisError, match="Resource not declared") as error:
        work(played).adopt("p.t.aaa", "x")
    assert "p.t.a" in error.value.diagnostics[0].hint
    played.flake = lambda ledger: document(
        *pair(ledger)["resources"], thing("late", computed(ledger, "a", attribute="nope"))
    )
    with pytest.raises(NivisError, match="This resource cannot be imported yet"):
        work(played).adopt("p.t.late", "x")
    assert not played.engine.said("import")


def test_a_workspace_is_selected_or_made(played: Played) -> None:
    played.engine.workspaces = ["default", "dev"]
    work(played).select("dev", create=True)
    work(played).select("prod", create=True)
    assert [call[:2] for call in played.engine.calls if call[1] != "list"] == [
        ["workspace", "select"],
        ["workspace", "new"],
    ]
    with pytest.raises(NivisError, match="No such workspace") as error:
        work(played).select("dve", create=False)
    assert "`dev`" in error.value.diagnostics[0].hint


def test_states_are_pulled_as_they_are_and_pushed_from_files(played: Played, tmp_path: Path) -> None:
    assert work(played).pull() == played.engine.state_file.read_text()
    with pytest.raises(NivisError, match="No such state file"):
        work(played).push(tmp_path / "none", force=False)
    (tmp_path / "s.json").write_text("{}")
    work(played).push(tmp_path / "s.json", force=True)
    (call,) = played.engine.said("state", "push")
    assert ("-force" in call, call[-1]) == (True, str(tmp_path / "s.json"))


def test_before_the_first_run_the_flake_says_where_the_state_is(play: Play) -> None:
    played = play(pair)
    assert work(played).workspace() == "default"
    assert work(played).pull() == ""
    assert played.engine.said("init")
