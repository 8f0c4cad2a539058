"""What a run came to, in one word each."""

from __future__ import annotations

import pytest

from nivis_tofu.core.outcome import Acted, Line, Preview, Tally


@pytest.mark.parametrize(
    ("actions", "word"),
    [
        ("create", ""),
        ("create update", ""),
        ("update", "updated"),
        ("replace", "replaced"),
        ("delete create", "replaced"),
        ("create delete", "replaced"),
        ("update delete", "destroyed"),
        ("delete", "destroyed"),
        ("read", "read"),
        ("read update", "updated"),
        ("import", "imported"),
        ("import update", "updated"),
        ("forget", "forgotten"),
        ("move", "moved"),
    ],
)
def test_word(actions: str, word: str) -> None:
    assert Acted("a", tuple(actions.split())).word == word


def test_a_tally_keeps_one_entry_each_in_the_order_of_the_last_act() -> None:
    tally = Tally()
    tally.add("a", "delete", 1.0, 1)
    tally.add("d", "read", 0.1, 1)
    tally.add("b", "create", 1.0, 1)
    tally.add("a", "create", 2.0, 2)
    assert list(tally.acted) == ["d", "b", "a"]
    assert tally.acted["a"] == Acted("a", ("delete", "create"), 3.0)
    assert tally.counted == 2
    assert [(s.phase, s.id, s.action) for s in tally.steps][-1] == (2, "a", "create")


def test_preview() -> None:
    kinds = ("create", "update", "replace", "delete", "noop", "read", "unknown", "move", "import", "forget")
    preview = Preview(tuple(Line(kind, kind) for kind in kinds))
    assert [x.action for x in preview.changes] == [k for k in kinds if k not in ("noop", "read")]
    # What is forgotten is not destroyed.
    assert [x.action for x in preview.destructive] == ["replace", "delete"]
    assert not preview.empty
    assert Preview((Line("noop", "a"), Line("read", "b"))).empty
    assert not Preview((), (("o", "update"),)).empty
