"""Comparisons of references, found in the text of a flake."""

from __future__ import annotations

import pytest

from nivis_tofu.nix.comparisons import warnings


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('x = if net.refAttr "output" == "a" then 1 else 2;', "1:8"),
        ('x = if (net.refAttr "output") != "a" then 1 else 2;', "1:9"),
        ('x = if "a" == net.refAttr "output" then 1 else 2;', "1:15"),
        ('x = a.b.refPath [ "x" 0 ] == 5;', "1:5"),
        ('x = config.resource.t.n.refAttr "id" == y;', "1:5"),
        ('let\n  id = net.refAttr "id";\nin if id == "a" then 1 else 2', "3:7"),
        ('let id = (net.refAttr "id"); in "a" != id', "1:40"),
    ],
)
def test_a_comparison_is_found(text: str, place: str) -> None:
    (found,) = warnings({"flake.nix": text})
    assert str(found.position) == f"flake.nix:{place}"
    assert (found.summary, found.severity) == ("A reference is compared", "warning")
    assert f"always {'true' if '!=' in text else 'false'}" in found.detail
    assert "lib.derived" in found.hint


@pytest.mark.parametrize(
    "text",
    [
        '# net.refAttr "id" == "a"',
        "x = \"net.refAttr 'id' == y\";",
        'id = net.refAttr "id"; x = id != null;',
        'inputs = { id = net.refAttr "id"; }; render = { id }: id == "a";',
        'inputs = [ (net.refAttr "id") ]; render = id: id == "a";',
        'config = { bucket = bucket.refAttr "id"; }; bucket = mk { }; x = bucket == y;',
        'x = { id = net.refAttr "id"; }; y = other.id == "a";',
        'x = cfg.mode == "a"; y = net.refAttr "id";',
        'id = net.refAttr "id"; x = f id "a" == b;',
        'f = { a, b }: a == b; x = net.refAttr "a";',
    ],
)
def test_what_is_no_comparison_of_a_reference(text: str) -> None:
    assert not list(warnings({"flake.nix": text}))
