"""A stack that others use is not destroyed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nivis_tofu.api import stack_survey
from nivis_tofu.api.request import RunRequest
from nivis_tofu.core.errors import NivisError
from nivis_tofu.stacks.order import Order

ORDER = Order({"net": frozenset(), "app": frozenset({"net"}), "db": frozenset({"net"})})


@pytest.fixture
def managed(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """Stack -> what it has."""
    there: dict[str, set[str]] = {"net": {"x"}, "app": set(), "db": set()}
    monkeypatch.setattr("nivis_tofu.api.sessions.sibling", lambda _, name: name)
    monkeypatch.setattr(stack_survey, "snapshot", lambda name: cast(Any, SimpleNamespace(managed=there[name])))
    return there


def test_who_uses_it_and_has_something_keeps_it(managed: dict[str, set[str]], tmp_path: Path) -> None:
    request = RunRequest(tmp_path, {}, stack="net")
    stack_survey.refuse_used(request, ORDER, ["net"])
    managed["db"] = {"y"}
    with pytest.raises(NivisError, match="A stack that is still used") as caught:
        stack_survey.refuse_used(request, ORDER, ["net"])
    assert "`db` uses outputs of `net`" in caught.value.diagnostics[0].detail
    stack_survey.refuse_used(request, ORDER, ["net", "db"])


def test_the_request_about_all_of_them_names_none(tmp_path: Path) -> None:
    found = stack_survey.about_all(RunRequest(tmp_path, {}, stack="net", state="s", target=("a",)))
    assert (found.stack, found.state, found.attribute, found.target) == (None, None, "nivis.stacks", ("a",))
