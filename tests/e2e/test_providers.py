"""Where providers come from: pinned versions, lock file, plugin cache, mirrors, packages of Nix."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.project import Project
from tests.support.aws_mirror import NAME, version_of

pytestmark = [pytest.mark.engine, pytest.mark.nix, pytest.mark.aws]

RESOURCE = """lib.mkResource {
  provider = "aws"; type = "aws_s3_bucket"; name = "b"; config = { bucket = "of-@name@"; };
}"""


@pytest.fixture
def mirror(aws_cli_config: Path) -> Path:
    return aws_cli_config.parent / "mirror"


@pytest.fixture
def binary(mirror: Path) -> Path:
    return next(p for p in mirror.rglob("*") if NAME.fullmatch(p.name)).resolve()


@pytest.fixture
def cloud(project: Project, aws_provider_env: dict[str, str]) -> Project:
    project.env = {**aws_provider_env, "NIVIS_TOFU": str(project.tofu)}
    return project


def declare(project: Project, source: str, *, version: str = "", name: str = "x", let: str = "") -> Project:
    pinned = f'version = "{version}";' if version else ""
    provider = f'lib.mkProvider {{ source = {source}; {pinned} config.region = "eu-central-1"; }}'
    body = f"lib.toIR {{ providers.aws = {provider}; resources = [ ({RESOURCE.replace('@name@', name)}) ]; inherit ledger; }}"
    return project.flake(body, let=let)


def test_versions_lock_file_and_cache(cloud: Project, binary: Path, tmp_path: Path) -> None:
    version = version_of(binary)
    cache = tmp_path / "cache"
    cache.mkdir()
    cloud.env["TF_PLUGIN_CACHE_DIR"] = str(cache)
    declare(cloud, '"hashicorp/aws"', version="99.0.0").run("init").fails("99.0.0")
    declare(cloud, '"hashicorp/aws"', version=f"= {version}").run("init").ok()
    lock = cloud.directory / ".terraform.lock.hcl"
    text = lock.read_text()
    assert f'version     = "{version}"' in text
    assert (cache / "registry.opentofu.org/hashicorp/aws" / version).exists()
    listed = cloud.run("providers").ok().stdout
    assert f"registry.opentofu.org/hashicorp/aws  {version}, wanted = {version}" in listed
    # A lock file that says otherwise is obeyed, not overwritten.
    lock.write_text(text.replace("h1:", "h1:AAAA"))
    cloud.run("init", "-lockfile=readonly").fails()
    assert "h1:AAAA" in lock.read_text()


def test_plugin_dir_is_remembered(cloud: Project, mirror: Path, tmp_path: Path) -> None:
    (tmp_path / "none.tfrc").write_text("provider_installation {}\n")
    cloud.env["TF_CLI_CONFIG_FILE"] = str(tmp_path / "none.tfrc")
    (cloud.directory / "plugins").symlink_to(mirror)
    declare(cloud, '"hashicorp/aws"').run("init").fails()
    cloud.run("init", "-plugin-dir=plugins").ok()
    declare(cloud, '"hashicorp/aws"', version=">= 1.0").run("apply").ok()
    # As with the engine, an empty one takes it back.
    assert "hashicorp/aws" in cloud.run("init", "-plugin-dir=").fails().stderr


def test_directory_with_a_mirror_layout_is_its_registry_provider(cloud: Project, mirror: Path) -> None:
    del cloud.env["TF_CLI_CONFIG_FILE"]
    declare(cloud, f'"{mirror}"', name="layout").run("apply").ok()
    assert b'provider[\\"registry.opentofu.org/hashicorp/aws\\"]' in cloud.state
    assert "No changes" in cloud.run("plan").ok().stdout
    # Nix pins it: the lock file is for what comes from registries.
    assert not (cloud.directory / ".terraform.lock.hcl").exists()


def test_package_built_by_nix(cloud: Project, binary: Path) -> None:
    del cloud.env["TF_CLI_CONFIG_FILE"]
    # Whoever wants the path has it built: here a link to a binary that is there already.
    package = f"""package = derivation {{
      name = "terraform-provider-aws"; system = builtins.currentSystem; builder = "/bin/sh";
      args = [ "-c" "/bin/mkdir -p $out/bin && /bin/ln -s {binary} $out/bin/{binary.name}" ];
    }};"""
    declare(cloud, '"${package}"', let=package, name="package").run("apply").ok()
    assert b'provider[\\"registry.opentofu.org/nix/aws\\"]' in cloud.state
    assert "No changes" in cloud.run("plan").ok().stdout


def test_directory_without_a_provider(cloud: Project) -> None:
    (cloud.directory / "empty").mkdir()
    declare(cloud, '"./empty"').run("plan").fails("No provider in this directory", "terraform-provider-NAME_vX.Y.Z")


@pytest.fixture
def executable(cloud: Project, binary: Path) -> Path:
    """A provider as somebody built it: one file with a name of its own. No registry, no mirror knows it."""
    del cloud.env["TF_CLI_CONFIG_FILE"]
    file = cloud.directory / "bin" / "provider-alpha"
    file.parent.mkdir()
    file.write_text(f"#!/bin/sh\nexec '{binary}' \"$@\"\n")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize(
    "source", ["./bin/provider-alpha", "provider-alpha", pytest.param("@absolute@", marks=pytest.mark.long)]
)
def test_executables(cloud: Project, executable: Path, source: str) -> None:
    cloud.env["PATH"] = f"{executable.parent}:{cloud.env['PATH']}"
    source = source.replace("@absolute@", str(executable))
    declare(cloud, f'"{source}"', name="file").run("apply").ok()
    assert b'provider[\\"registry.opentofu.org/nix/alpha\\"]' in cloud.state
    # Built anew it has another checksum.
    executable.write_text(executable.read_text() + "# newer\n")
    assert "No changes" in cloud.run("plan").ok().stdout
    assert not (cloud.directory / ".terraform.lock.hcl").exists()
    cloud.run("destroy").ok()


def test_constructors_of_an_executable(cloud: Project, executable: Path) -> None:
    cloud.env["PATH"] = f"{executable.parent}:{cloud.env['PATH']}"
    cloud.run("gen", "provider-alpha", "--out", "alpha", "--type", "aws_s3_bucket").ok()
    assert "aws_s3_bucket" in (cloud.directory / "alpha" / "default.nix").read_text()


def test_executables_that_are_none(cloud: Project, executable: Path) -> None:
    declare(cloud, '"provider-alpha"').run("plan").fails("No such provider", "no executable on PATH", "`./bin/…`")
    executable.chmod(0o644)
    declare(cloud, '"./bin/provider-alpha"').run("plan").fails("The provider cannot be run", "chmod +x")
    cloud.run("gen", "./bin/nope", "--out", "x").fails("No provider in this directory")
    # A registry has providers of such names, and a system has commands of them.
    cloud.env["PATH"] = f"{executable.parent}:{cloud.env['PATH']}"
    (executable.parent / "random").symlink_to("/bin/true")
    declare(cloud, '"random"').run("plan").fails("hashicorp/random")


def test_the_log_of_providers(cloud: Project) -> None:
    declare(cloud, '"hashicorp/aws"', name="log")
    assert "provider note" not in cloud.run("apply").ok().stderr
    for level in ("trace", "debug", "DEBUG"):
        told = cloud.run("plan", "--provider-log-level", level, "--log-level", "quiet").ok().stderr
        assert "provider note (debug) terraform-provider-aws_v" in told
    assert ("tf_req_id=" in told) is False
    assert "tf_req_id=" in cloud.run("plan", "--provider-log-level", "trace").ok().stderr
    assert "provider note" not in cloud.run("plan", "--provider-log-level", "error").ok().stderr
    cloud.run("plan", "--provider-log-level", "loud").fails("'off', 'error', 'warn', 'info', 'debug', 'trace'")
