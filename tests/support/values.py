"""JSON values that are hard to get through an engine unharmed, and how the Nix library writes them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from nivis_tofu.ir.decode_values import LEAVES

PIECES = (
    *("${", "%{", "$${", "$$${", "%%{", "%%%{", "$", "%", "{", "}", '"', "'", "\\", "\\n", "\\u0041", "//", "#", "~}"),
    *("\n", "\r", "\r\n", "\t", "\0", "\x01", "\x1b", "\x7f", "\x85", "\u2028", "\ufeff", "\u200b", "e\u0301", "é"),
    *('${file("/etc/hostname")}', "%{ if true }", "%{ endif }", "<<EOT\n", "&<>", "😀", "日本", "a", "b", " ", "/*"),
)
texts = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
keys = st.one_of(texts, st.sampled_from(sorted(LEAVES)), st.sampled_from(["//", "null", "for", "a.b", "a-b", "1"]))
numbers = st.one_of(
    st.integers(-(10**30), 10**30),
    st.integers(-3, 3),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=9),
    st.sampled_from([Decimal("1E-7"), Decimal("0.1"), Decimal("1E+3"), Decimal("2.50"), 10**29 + 1]),
)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)


def _unique(entries: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict({nfc(key): (key, value) for key, value in entries}.values())


values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.lists(st.tuples(keys, inner), max_size=4).map(_unique),
    max_leaves=8,
)


def nfc(value: Any) -> Any:
    """The value as the engine keeps it: strings and keys in normal form C."""
    match value:
        case str():
            return unicodedata.normalize("NFC", value)
        case list():
            return [nfc(item) for item in value]
        case dict():
            return {nfc(key): nfc(item) for key, item in value.items()}
        case _:
            return value


def written(value: Any) -> Any:
    """Plain data as it stands in an IR: what looks like a leaf is marked as data."""
    match value:
        case list():
            return [written(item) for item in value]
        case dict():
            fields = {key: written(item) for key, item in value.items()}
            return {"__literal": fields} if LEAVES & fields.keys() else fields
        case _:
            return value


def batch(strategy: st.SearchStrategy[Any], size: int, number: int) -> list[Any]:
    """Many values at once, for tests in which one engine process has to do for all of them."""
    found: list[Any] = []

    def gather(value: Any) -> None:
        found.append(value)

    wrapped: Callable[[], None] = given(strategy)(gather)
    plain = settings(
        max_examples=size,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    plain(seed(number)(wrapped))()
    return found
