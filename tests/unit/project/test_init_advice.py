"""What to do where `init` failed."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.core.diagnostics import Diagnostic, Position
from nivis_tofu.ir.model import IR
from nivis_tofu.project.init_advice import advised
from tests.support.rendering import BUILTIN, data, decode, document

BACKEND, MODULE, PROVIDER = "type of the backend", "the module's `source`", "the provider's `source`"


def ir(*, module: bool = False, provider: bool = False) -> IR:
    more: dict[str, Any] = {}
    if module:
        more["modules"] = [{"id": "module.m", "name": "m", "source": "./m", "config": {}}]
    if provider:
        more["providers"] = {**BUILTIN, "aws": {"source": "hashicorp/aws", "config": {}}}
    return decode(document(data("a", 1), **more))


@pytest.mark.parametrize(
    ("address", "expected"),
    [("backend", BACKEND), ("module.m", MODULE), ("provider.aws", PROVIDER), ("extra.moved", "")],
)
def test_advice_is_about_what_failed(address: str, expected: str) -> None:
    (found,) = advised([Diagnostic("No", address=address)], ir(module=True, provider=True), remote=True)
    assert expected in found.hint
    assert bool(found.hint) == bool(expected)


def test_where_nothing_says_what_failed_all_that_may_have() -> None:
    (found,) = advised([Diagnostic("No")], ir(module=True, provider=True), remote=True)
    assert all(part in found.hint for part in (BACKEND, MODULE, PROVIDER))
    (found,) = advised([Diagnostic("No")], ir(), remote=False)
    assert found.hint == ""


def test_what_only_the_backend_can_have_said_is_told_of_it() -> None:
    (found,) = advised([Diagnostic('"address": required field is not set')], ir(), remote=True)
    assert found.address == "backend"
    assert BACKEND in found.hint


def test_equal_advice_is_given_once_and_none_for_warnings_and_places() -> None:
    found = advised(
        [
            Diagnostic("One", address="module.m"),
            Diagnostic("Two", address="module.m"),
            Diagnostic("Here", position=Position("main.tf", 1)),
            Diagnostic("Hm", severity="warning"),
            Diagnostic("Own", hint="Do this."),
        ],
        ir(module=True),
        remote=False,
    )
    assert [bool(d.hint) for d in found] == [False, True, False, False, True]
