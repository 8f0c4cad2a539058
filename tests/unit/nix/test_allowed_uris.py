"""What a restricted evaluation may fetch: what the lock file names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.nix.allowed_uris import restricted

RESTRICTED = ("--option", "restrict-eval", "true")


@pytest.mark.parametrize(
    ("locked", "begins"),
    [
        ({"type": "github", "owner": "NixOS", "repo": "nixpkgs", "rev": "abc"}, "github:NixOS/nixpkgs/"),
        ({"type": "gitlab", "owner": "o", "repo": "r", "rev": "abc"}, "gitlab:o/r/"),
        ({"type": "path", "path": "/home/me/my libs/nivis"}, "path:/home/me/my%20libs/"),
        ({"type": "git", "url": "ssh://git@host/infra/x.git", "rev": "abc"}, "git+ssh://git@host/infra/"),
        ({"type": "git", "url": "file:///srv/x", "rev": "abc"}, "git+file:///srv/"),
        ({"type": "tarball", "url": "https://host/a/nixexprs.tar.xz"}, "https://host/a/"),
    ],
)
def test_a_locked_input_is_allowed_and_its_neighbourhood_at_most(
    tmp_path: Path, locked: dict[str, Any], begins: str
) -> None:
    nodes = {"root": {"inputs": {"x": "x"}}, "x": {"locked": locked, "original": {}}}
    (tmp_path / "flake.lock").write_text(json.dumps({"nodes": nodes, "version": 7}))
    assert restricted(tmp_path) == (*RESTRICTED, "--option", "allowed-uris", begins)


@pytest.mark.parametrize("text", [None, "", "[]", '{"nodes": 3}', '{"nodes": {"x": 3, "y": {"locked": 3}}}'])
def test_without_a_lock_file_nothing_is_allowed(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "flake.lock").write_text(text)
    assert restricted(tmp_path) == RESTRICTED


def test_the_inputs_of_a_flake_that_is_elsewhere_are_not_known_here(tmp_path: Path) -> None:
    found = restricted(tmp_path / "github:o/r")
    assert found[:4] == (*RESTRICTED, "--option")
    assert "github:" in found[-1].split()
