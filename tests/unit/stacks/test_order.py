"""Stacks in their order: who uses whom, who is meant, who waits for whom."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.stacks.order import Order


def order(**uses: str) -> Order:
    return Order({name: frozenset(used.split()) for name, used in uses.items()})


COMPANY = order(network="", data="network", api="data network", web="api", log="")


def test_each_stands_behind_what_it_uses_and_else_by_name() -> None:
    assert COMPANY.names == ("log", "network", "data", "api", "web")


@pytest.mark.parametrize(
    ("names", "flags", "found"),
    [
        ((), {}, "log network data api web"),
        (("web", "network"), {}, "network web"),
        (("api",), {"below": True}, "network data api"),
        (("data",), {"above": True}, "data api web"),
        (("data",), {"above": True, "below": True}, "network data api web"),
        (("log",), {"above": True, "below": True}, "log"),
    ],
)
def test_who_is_meant(names: tuple[str, ...], flags: Mapping[str, bool], found: str) -> None:
    assert COMPANY.chosen(names, **flags) == tuple(found.split())


def test_what_lies_between_two_that_are_meant_counts() -> None:
    """`web` uses `network` through `data` and `api`, which are not part of this run."""
    assert COMPANY.within(["web", "network", "log"]) == {
        "web": {"network"},
        "network": frozenset(),
        "log": frozenset(),
    }


def test_a_destroy_goes_the_other_way() -> None:
    assert COMPANY.within(["web", "network"], backwards=True) == {"web": frozenset(), "network": {"web"}}


def test_a_circle_is_named() -> None:
    with pytest.raises(NivisError, match="Stacks that wait for each other") as error:
        order(a="b", b="c", c="a", d="a")
    assert "a -> b -> c -> a" in error.value.diagnostics[0].detail


def test_a_stack_that_waits_for_itself_is_a_circle() -> None:
    with pytest.raises(NivisError, match="Stacks that wait for each other"):
        order(a="a")


@pytest.mark.parametrize(("name", "hint"), [("netwrok", "Did you mean `network`?"), ("zzz", "There are: api, ")])
def test_no_such_stack(name: str, hint: str) -> None:
    with pytest.raises(NivisError, match="No such stack") as error:
        COMPANY.chosen([name])
    assert error.value.diagnostics[0].hint.startswith(hint)


def test_a_stack_that_uses_one_that_is_not_there() -> None:
    with pytest.raises(NivisError, match="No such stack") as error:
        order(network="", app="netwrok")
    assert error.value.diagnostics[0].detail == "The stack `app` uses the outputs of `netwrok`."
