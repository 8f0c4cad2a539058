"""Providers that lie on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.project import provider_mirror
from nivis_tofu.project.provider_mirror import Packaged

HERE = provider_mirror.system()


def binary(path: Path, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("source", "local"),
    [
        ("/nix/store/x", True), ("./bin/p", True), ("../p", True), ("provider-x", True), ("terraform-provider-x", True),
        ("hashicorp/aws", False), ("random", False), ("registry.opentofu.org/hashicorp/aws", False), ("", False),
    ],
)  # fmt: skip
def test_what_is_local(source: str, local: bool) -> None:
    assert provider_mirror.is_local(source) is local


@pytest.mark.parametrize(
    ("file", "name", "version"),
    [
        ("terraform-provider-my-cloud_v1.2.3", "my-cloud", "1.2.3"),
        ("terraform-provider-x_v1.2.3_x5", "x", "1.2.3"),
        ("terraform-provider-x", "x", "0.0.1"),
        ("provider-Some_Thing.exe", "some-thing", "0.0.1"),
        ("---", "provider", "0.0.1"),
    ],
)
def test_a_file_tells_its_address_by_its_name(tmp_path: Path, file: str, name: str, version: str) -> None:
    made = binary(tmp_path / "bin" / file)
    found = provider_mirror.locate(f"./bin/{file}", tmp_path, "tofu")
    assert found == Packaged(f"registry.opentofu.org/nix/{name}", version, HERE, made)


def test_one_on_path(tmp_path: Path) -> None:
    made = binary(tmp_path / "bin/provider-x")
    assert provider_mirror.locate("provider-x", tmp_path, "terraform", str(made.parent)).binary == made
    with pytest.raises(NivisError, match="No such provider"):
        provider_mirror.locate("provider-y", tmp_path, "tofu", str(made.parent))


def test_a_directory_with_the_layout_of_a_mirror(tmp_path: Path) -> None:
    for version in ("1.9.0", "1.10.0"):
        made = binary(tmp_path / f"m/example.org/ns/x/{version}/{HERE}/terraform-provider-x_v{version}")
    found = provider_mirror.locate("./m", tmp_path, "tofu")
    assert found == Packaged("example.org/ns/x", "1.10.0", HERE, made)


def test_what_cannot_be_used(tmp_path: Path) -> None:
    binary(tmp_path / "closed", 0o644)
    with pytest.raises(NivisError, match="The provider cannot be run"):
        provider_mirror.locate("./closed", tmp_path, "tofu")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NivisError, match="No provider in this directory"):
        provider_mirror.locate("./empty", tmp_path, "tofu")
    for name in ("x", "y"):
        binary(tmp_path / f"two/terraform-provider-{name}_v1.0.0")
    with pytest.raises(NivisError, match="Several providers in one directory") as error:
        provider_mirror.locate("./two", tmp_path, "tofu")
    assert "nix/x, registry.opentofu.org/nix/y" in error.value.diagnostics[0].detail


def test_a_cli_configuration_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "rc").write_bytes(b"\xff")
    with pytest.raises(NivisError, match="The engine's CLI configuration cannot be read"):
        provider_mirror.cli_config(tmp_path / "out", tmp_path, (), {"TF_CLI_CONFIG_FILE": str(tmp_path / "rc")})


def test_a_lock_file_with_a_block_without_a_label(tmp_path: Path) -> None:
    package = Packaged("a/b/c", "1.0.0", HERE, tmp_path)
    assert provider_mirror.unlocked('provider {\n}\nprovider "a/b/c" {\n}\n', [package]) == "provider {\n}\n"
