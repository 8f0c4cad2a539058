"""show: the state or a saved plan, as text, as one document, as OpenTofu's own, as Markdown."""

from __future__ import annotations

import pytest

from tests.support.played import Play, Played, computed, document, thing


@pytest.fixture
def played(play: Play) -> Played:
    return play(lambda ledger: document(thing("a", "x"), thing("b", computed(ledger, "a"))))


def test_the_state_with_its_secrets_hidden(played: Played) -> None:
    played.applied()
    said = played.nivis("show")
    assert "p.t.a" in said.out
    assert " pw = (sensitive)" in said.out
    assert played.engine.calls == [], "the file is read, and no engine started"
    assert "secret-of-id-a-1" in played.nivis("show", "--show-sensitive").out


def test_a_state_that_is_empty(played: Played) -> None:
    assert played.nivis("show").code == 0


def test_a_plan_with_what_later_phases_do(played: Played) -> None:
    played.nivis("plan", "-out=F")
    said = played.nivis("show", "F")
    assert " + p.t.a (t)\n" in said.out
    assert " + p.t.b (t)  (later phase)\n" in said.out
    found = played.nivis("show", "--json", "F").json
    assert [x["resource_change"]["nivis_id"] for x in found["deferred_changes"]] == ["p.t.b"]
    assert (found["complete"], len(found["resource_changes"])) == (False, 1)


def test_open_tofu_s_own_document_has_nothing_of_ours(played: Played) -> None:
    played.nivis("plan", "-out=F")
    found = played.nivis("show", "-json", "F").json
    assert not {"deferred_changes", "complete"} & found.keys()
    assert found["format_version"] == "1.2"


def test_a_plan_for_a_pull_request(played: Played) -> None:
    played.nivis("plan", "-out=F")
    assert "2 to add" in played.nivis("show", "--markdown", "F").out
    said = played.nivis("show", "--markdown")
    assert (said.code, "Nothing to review" in said.err) == (1, True)


def test_what_is_no_plan(played: Played) -> None:
    assert played.nivis("show", "nowhere").code == 1
