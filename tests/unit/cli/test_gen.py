from __future__ import annotations

import pytest

from nivis_tofu.cli import gen
from nivis_tofu.core.errors import NivisError


def test_one_provider_is_named_in_either_way() -> None:
    assert gen._one("a/b", None) == gen._one(None, "a/b") == "a/b"
    with pytest.raises(NivisError, match="PROVIDER and --provider exclude each other"):
        gen._one("a/b", "c/d")
    with pytest.raises(NivisError, match="No provider is named"):
        gen._one(None, None)
