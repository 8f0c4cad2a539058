from __future__ import annotations

from pathlib import Path

from nivis_tofu.hcl import lockfile
from nivis_tofu.hcl.lockfile import Locked

TEXT = """# This file is maintained automatically by "tofu init".
provider "registry.opentofu.org/hashicorp/aws" {
  version     = "5.100.0"
  constraints = ">= 5.0.0, < 6.0.0"
  hashes = [
    "zh:00ff",
    "h1:version = \\"9\\"",
    "h1:a+b/c=",
  ]
}

provider "registry.opentofu.org/hashicorp/time" {
  version = "0.14.2"
}
"""


def test_what_is_locked(tmp_path: Path) -> None:
    file = tmp_path / ".terraform.lock.hcl"
    file.write_text(TEXT)
    assert lockfile.read(file) == {
        "registry.opentofu.org/hashicorp/aws": Locked("5.100.0", ("h1:a+b/c=", "zh:00ff")),
        "registry.opentofu.org/hashicorp/time": Locked("0.14.2"),
    }


def test_none_and_empty(tmp_path: Path) -> None:
    assert lockfile.read(tmp_path / "none") == {}
    (tmp_path / "empty").write_text("")
    assert lockfile.read(tmp_path / "empty") == {}
