"""The names of a stack's own files."""

from __future__ import annotations

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.namespace import PLAN, of_stack


def test_nothing_of_two_parts_is_the_same() -> None:
    for a, b in ((PLAN, of_stack("app")), (of_stack("app"), of_stack("apps"))):
        assert not {a.attribute, a.state, a.lock_file, a.work} & {b.attribute, b.state, b.lock_file, b.work}


@pytest.mark.parametrize("name", ["app", "app-1", "A_b", "_x", "7"])
def test_names_that_can_be(name: str) -> None:
    assert of_stack(name).state == f"nivis.{name}.state.json"


@pytest.mark.parametrize("name", ["", "-x", "a.b", "a/b", "..", "a b", "ä", "a\n"])
def test_names_that_cannot(name: str) -> None:
    with pytest.raises(NivisError, match="Malformed name of a stack"):
        of_stack(name)


def test_no_state_of_a_stack_is_taken_for_a_file_of_variables() -> None:
    with pytest.raises(NivisError, match="A name that no stack can have"):
        of_stack("auto")
    for name in ("state", "automatic", "auto-1"):
        assert not of_stack(name).state.startswith("nivis.auto.")
