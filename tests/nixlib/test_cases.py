"""The Nix library: what its functions return, and the literal text of every error."""

from __future__ import annotations

import pytest

from . import harness

pytestmark = pytest.mark.nix
FILES = ("values", "ledger", "resources", "groups", "vars", "ir")


@pytest.mark.parametrize(("file", "name"), [(f, n) for f in FILES for n in harness.names(f)])
def test_value(file: str, name: str) -> None:
    case = harness.cases(file)[name]
    assert "actual" in case, "the case throws"
    assert case["actual"] == case["expected"]


@pytest.mark.parametrize("file", FILES)
def test_no_case_is_missed(file: str) -> None:
    assert sorted(harness.names(file)) == sorted(harness.cases(file))


@pytest.mark.parametrize("name", harness.names("errors"))
def test_error(name: str) -> None:
    text = harness.failure(name)
    for line in harness.messages()[name]:
        assert line in text


def test_no_error_is_missed() -> None:
    assert sorted(harness.names("errors")) == sorted(harness.messages())
