from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.authoring import convert_files
from nivis_tofu.core.errors import NivisError


def test_a_directory_without_files_of_the_engine(tmp_path: Path) -> None:
    with pytest.raises(NivisError, match="Nothing to convert"):
        convert_files.write(tmp_path, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_holds_the_resource_and_its_files_stay(tmp_path: Path) -> None:
    text = 'resource "terraform_data" "a" { input = "one" }\nresource "terraform_data" "b" { input = terraform_data.a.id }\n'
    (tmp_path / "main.tf").write_text(text)
    done = convert_files.write(tmp_path, tmp_path)
    flake = (tmp_path / "flake.nix").read_text()
    assert 'input = "one";' in flake
    assert 'a.refAttr "id"' in flake
    assert (tmp_path / "main.tf").read_text() == text
    assert done.left == ()
