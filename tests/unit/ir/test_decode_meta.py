"""Meta-arguments that are misspelt."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.ir.decode_meta import MetaDecoder


@pytest.mark.parametrize(
    ("meta", "summary", "attribute", "hint"),
    [
        ({"dependOn": []}, "Unknown meta-argument", "meta.dependOn", "dependsOn"),
        ({"lifecycle": {"preventDestory": True}}, "Unknown lifecycle argument", "meta.lifecycle", "preventDestroy"),
        (
            {"bundle": {"__ref": {"resource": "p.t.n", "path": []}}},
            "A resource where a value is expected",
            "meta.bundle",
            "refAttr",
        ),
    ],
)
def test_misspelt(meta: dict[str, Any], summary: str, attribute: str, hint: str) -> None:
    decoder = MetaDecoder()
    decoder.meta(meta, "p.t.a")
    (found,) = decoder.problems
    assert (found.summary, found.address, found.attribute) == (summary, "p.t.a", attribute)
    assert hint in found.hint


def test_right() -> None:
    decoder = MetaDecoder()
    meta = decoder.meta({"dependsOn": ["p.t.n"], "lifecycle": {"ignoreChanges": "all"}, "timeouts": {}}, "p.t.a")
    assert (meta.depends_on, meta.ignore_changes, decoder.problems) == (("p.t.n",), "all", [])
