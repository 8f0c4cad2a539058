"""Which stacks are meant by the options that choose them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from nivis_tofu.cli.stack_choice import PARALLEL, Choice, Running
from nivis_tofu.core.errors import NivisError
from nivis_tofu.stacks.order import Order

FOUND: Any = SimpleNamespace(
    order=Order({"net": frozenset(), "db": frozenset({"net"}), "web": frozenset({"db"}), "log": frozenset()})
)


@pytest.mark.parametrize(
    ("choice", "found"),
    [
        (Choice(), ["log", "net", "db", "web"]),
        (Choice(["db"]), ["db"]),
        (Choice(["db"], with_dependencies=True), ["net", "db"]),
        (Choice(["db"], with_dependents=True), ["db", "web"]),
    ],
)
def test_names_and_those_that_belong_to_them(choice: Choice, found: list[str]) -> None:
    nobody: Any = None
    assert list(choice.of(nobody, FOUND)) == found


def test_where_and_how_many() -> None:
    assert (Running().means.parallel, Running().means.scheduler) == (PARALLEL, "")
    assert Running(7, "dask=tcp://h:1").means.scheduler == "tcp://h:1"
    with pytest.raises(NivisError, match="Unknown executor"):
        _ = Running(executor="moon").means
