from __future__ import annotations

import json
from typing import Any

import pytest

from nivis_tofu.views import edits
from nivis_tofu.views.human import Style
from nivis_tofu.views.page import Page

PLAIN = Style()


@pytest.mark.parametrize(
    ("page", "text", "body"),
    [
        (edits.removed(["a"], dry_run=False), "Removed 1 resource(s) from the state:\n x a\n", {"removed": ["a"]}),
        (
            edits.removed(["a"], dry_run=True),
            "Would remove 1 resource(s) from the state:\n x a\n",
            {"would_remove": ["a"]},
        ),
        (edits.moved("a", "b", dry_run=False), " > b  from a\n", {"from": "a", "to": "b"}),
        (
            edits.moved("a", "b", dry_run=True),
            " > b  from a (not done)\n",
            {"from": "a", "to": "b", "dry_run": True},
        ),
        (edits.pulled("s"), "Wrote s.\n", {"out": "s"}),
        (edits.pushed("stdin"), "Pushed stdin.\n", {"pushed": "stdin"}),
        (
            edits.provider_replaced("x", "y", ["a"]),
            "Replaced the provider of 1 resource(s):\n ~ a\n",
            {"from": "x", "to": "y", "changed": ["a"]},
        ),
        (
            edits.provider_replaced("x", "y", []),
            "Replaced the provider of 0 resource(s).\n",
            {"from": "x", "to": "y", "changed": []},
        ),
        (edits.tainted("a", "p.t.a", tainted=True), "p.t.a is tainted: the next apply replaces it.\n",
         {"tainted": "p.t.a"}),
        (edits.tainted("a", "p.t.a", tainted=False), "p.t.a is no longer tainted.\n", {"untainted": "p.t.a"}),
        (edits.tainted("a", None, tainted=False), "Nothing was untainted.\n", {"untainted": None}),
        (edits.imported("a", "i-1"), " < a\n", {"imported": "a", "import_id": "i-1"}),
        (edits.unlocked("7"), "The state is unlocked.\n", {"unlocked": "7"}),
        (edits.unlocked(None), "Nobody holds the lock.\n", {"unlocked": None}),
        (edits.workspaces(["default", "w"], "w"), "  default\n* w\n",
         {"workspaces": ["default", "w"], "current": "w"}),
        (edits.workspace("w"), "w\n", {"current": "w"}),
        (edits.workspace_created("w"), "Created and selected workspace w.\n", {"created": "w", "current": "w"}),
        (edits.workspace_selected("w"), "Selected workspace w.\n", {"current": "w"}),
        (edits.workspace_deleted("w"), "Deleted workspace w.\n", {"deleted": "w"}),
        (
            edits.migrated("a", "b", {"w": 2}),
            "Moved the state from a to b:\n > w  2 resource(s)\n",
            {"from": "a", "to": "b", "workspaces": {"w": 2}},
        ),
    ],
)  # fmt: skip
def test_one_sentence_and_one_document(page: Page, text: str, body: dict[str, Any]) -> None:
    assert page.text(PLAIN) == text
    assert json.loads(page.document()) == {"version": 1, **body}


def test_what_was_missing_is_told_beside_the_result() -> None:
    page = edits.tainted("a\x1b", None, tainted=True)
    assert page.before(PLAIN) == 'warning: no state for "a\\u001b"; --allow-missing was given.\n'
