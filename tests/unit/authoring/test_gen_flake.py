from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nivis_tofu.authoring import gen, gen_flake
from nivis_tofu.core.errors import NixError
from nivis_tofu.nix.generated import GeneratedInput
from tests.support.provider_schema import SOURCE, provided


def test_the_tree_has_the_version_in_its_path(tmp_path: Path) -> None:
    kept = tmp_path / "kept"

    def add(tree: Path, name: str) -> Path:
        assert (tree.name, name) == ("source", "acme")
        shutil.copytree(tree, kept)
        return Path("/nix/store/x-source")

    folder = tmp_path / "gen"
    for _ in range(2):
        shutil.rmtree(kept, ignore_errors=True)
        made = gen_flake.into_store(gen.chosen(provided(tmp_path)), "acme", folder, add, lambda *_: None)
        assert made == GeneratedInput("acme", SOURCE, "1.2.3", Path("/nix/store/x-source"))
        assert not (folder / "source").exists()
    assert (kept / SOURCE / "1.2.3" / "flake.nix").is_file()
    assert f'import (./. + "/{SOURCE}/1.2.3/flake.nix")' in (kept / "flake.nix").read_text()


def test_what_nix_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "nix-store").write_text("#!/bin/sh\necho no room >&2\nexit 1\n")
    (tmp_path / "nix-store").chmod(0o755)
    add = gen_flake.store_adder(tmp_path / "nix", {"PATH": "/usr/bin:/bin"}, tmp_path / "roots")
    with pytest.raises(NixError, match="The constructors were not stored") as error:
        add(tmp_path, "acme")
    assert "no room" in error.value.raw


def test_what_was_added_is_kept_from_collection(tmp_path: Path) -> None:
    (tmp_path / "nix-store").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\necho /nix/store/x-source\n')
    (tmp_path / "nix-store").chmod(0o755)
    add = gen_flake.store_adder(tmp_path / "nix", {"PATH": "/usr/bin:/bin"}, tmp_path / "roots")
    assert add(tmp_path, "acme") == Path("/nix/store/x-source")
    root = tmp_path / "roots" / "acme"
    assert (tmp_path / "calls").read_text().splitlines() == [
        f"--add {tmp_path}",
        f"--realise /nix/store/x-source --add-root {root} --indirect",
    ]
