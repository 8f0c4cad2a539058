"""Around a process that nobody watches there is nothing."""

from __future__ import annotations

from nivis_tofu.system.around import unwatched


def test_nothing_is_added() -> None:
    with unwatched(("tofu", "plan")) as more:
        assert more == {}
