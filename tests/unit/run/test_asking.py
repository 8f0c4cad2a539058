"""Flag, environment, flake: who decides what is asked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from nivis_tofu.run import asking


def session(told: str, flake: str, *, joined: bool = False, asks: str = "") -> Any:
    """`told`: what flag or environment say."""
    return cast(
        Any,
        SimpleNamespace(
            options=SimpleNamespace(ask=told, asks=asks),
            ir=SimpleNamespace(settings=SimpleNamespace(ask=flake)),
            workdir=SimpleNamespace(settled=SimpleNamespace(joined=object() if joined else None)),
        ),
    )


@pytest.mark.parametrize(
    ("told", "flake", "setting", "always", "joined"),
    [
        ("", "", "", False, True),
        ("", "always", "always", True, True),
        ("auto", "always", "auto", False, False),
        ("always", "auto", "always", True, True),
        ("", "name", "name", False, True),
        ("auto", "name", "auto", False, False),
        ("name", "always", "name", False, True),
    ],
)
def test_precedence(told: str, flake: str, setting: str, always: bool, joined: bool) -> None:
    assert asking.setting(session(told, flake)) == setting
    assert asking.always(session(told, flake)) is always
    assert asking.always(session(told, flake, joined=True)) is joined


@pytest.mark.parametrize(
    ("asks", "flake", "explains"),
    [("", "always", False), ("pipe", "", False), ("pipe", "always", True), ("terminal", "", True)],
)
def test_reasons_are_looked_up_for_somebody(asks: str, flake: str, explains: bool) -> None:
    assert asking.explains(session("", flake, asks=asks)) is explains
