"""The set-up scripts: an engine where none can be downloaded, commands that show life, requirements from pyproject."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nivis_tofu.release import pinned
from nivis_tofu.release.pinned import VERSION
from tests.support.aws_mirror import REGISTRIES, find_aws_provider, make_mirror
from tests.support.moto import cloud_env
from tools import opentofu, setup, steps

REPOSITORY = Path(__file__).resolve().parents[2]
FAKE = f"#!/bin/sh\necho 'Warning: no configuration'; echo 'OpenTofu v{VERSION}'\n"


@pytest.fixture(autouse=True)
def no_releases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers; tests of downloads have a server of their own (test_engine_setup.py)."""
    monkeypatch.setattr(pinned, "RELEASES", "http://127.0.0.1:9")


def test_without_a_release_it_is_built_with_the_go_on_path(tmp_path: Path) -> None:
    go = tmp_path / "bin/go"
    go.parent.mkdir()
    # Stands in for the compiler: it answers `go version` and writes what `-o` names.
    go.write_text(
        f"""#!/bin/sh
if [ "$1" = version ]; then echo go version go1.27 linux/amd64; exit; fi
grep -q 'opentofu v{VERSION}' go.mod || exit 1
while [ "$1" != -o ]; do shift; done
printf '%s' "$FAKE" > "$2" && chmod 755 "$2"
"""
    )
    go.chmod(0o755)
    env = {"PATH": f"{go.parent}:/usr/bin:/bin", "FAKE": FAKE}
    exe = opentofu.install(tmp_path / "cache", env, Path(sys.executable))
    assert exe.read_text() == FAKE


def test_neither_downloaded_nor_built(tmp_path: Path) -> None:
    no_pip = tmp_path / "python"
    no_pip.write_text("#!/bin/sh\necho no pip here; exit 1\n")
    no_pip.chmod(0o755)
    with pytest.raises(steps.SetupError) as caught:
        opentofu.install(tmp_path / "cache", {"PATH": "/nowhere"}, no_pip)
    text = str(caught.value)
    assert text.startswith("OpenTofu could be neither downloaded nor built.\n")
    assert "no pip here" in text
    assert f"hint: put OpenTofu {VERSION} on PATH" in text


def test_progress_of_a_build_counts_packages() -> None:
    assert opentofu._packages(["go: downloading a v1\n", "go: downloading b v2\n"]) == "2 modules fetched"
    assert opentofu._packages(["go: downloading a v1\n", "errors\n", "io\n"]) == "2 packages done"


def test_a_long_command_shows_life(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(steps, "BEAT", 0.1)
    steps.run_alive(["sh", "-c", "echo x; sleep 0.5"], "waiting", progress=lambda lines: f"{len(lines)} seen")
    lines = capsys.readouterr().out.splitlines()
    assert "   waiting: 0s, 1 seen" in lines
    assert lines[-1].startswith("   waiting: done in ")


def test_a_failed_command_shows_the_end_of_its_output() -> None:
    with pytest.raises(steps.SetupError) as caught:
        steps.run_alive(["sh", "-c", "seq 100; exit 3"], "counting")
    text = str(caught.value)
    assert text.startswith("counting failed (`sh` exited with 3):\n71\n")
    assert text.endswith("\n100")


def test_dependency_groups_include_one_another() -> None:
    groups = {"lint": ["ruff"], "dev": ["pytest", {"include-group": "lint"}]}
    assert setup.group(groups, "dev") == ["pytest", "ruff"]


def test_terraform_alone_is_not_enough_for_set_up(tmp_path: Path) -> None:
    terraform = tmp_path / "terraform"
    terraform.write_text("")
    terraform.chmod(0o755)
    env = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    assert setup.usable_engine(env) is None
    assert setup.usable_engine({**env, "NIVIS_TOFU": str(terraform)}) is not None


def test_a_mirror_links_the_provider(tmp_path: Path) -> None:
    plugins = tmp_path / f"plugins/registry/aws/{pinned.system()}"
    plugins.mkdir(parents=True)
    for name in ("terraform-provider-aws_v5.9.0_x5", "terraform-provider-aws_v5.100.0_x5", "other_v9.0.0"):
        (plugins / name).write_text(name)
    env = {"TF_PLUGIN_CACHE_DIR": str(tmp_path / "plugins"), "HOME": str(tmp_path)}
    elsewhere = find_aws_provider({"HOME": str(tmp_path)})
    found = find_aws_provider(env)
    assert found is not None
    assert found.name == "terraform-provider-aws_v5.100.0_x5" or found == elsewhere
    config = make_mirror(tmp_path / "a mirror", plugins / "terraform-provider-aws_v5.9.0_x5")
    links = list((tmp_path / "a mirror").rglob("terraform-provider-*"))
    assert len(links) == len(REGISTRIES)
    for link in links:
        assert link.is_symlink()
        assert link.parent.parent.name == "5.9.0"
    assert str(tmp_path / "a mirror/mirror") in config.read_text()


def test_a_real_account_does_not_reach_the_fake_cloud() -> None:
    env = cloud_env({"AWS_PROFILE": "prod", "AWS_SESSION_TOKEN": "s", "PATH": "/bin"}, "http://127.0.0.1:1")
    assert "AWS_PROFILE" not in env
    assert "AWS_SESSION_TOKEN" not in env
    assert env["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert env["PATH"] == "/bin"


def test_make_help_names_at_most_fifteen_targets() -> None:
    shown = subprocess.run(["make", "help"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    targets = [line.split()[1] for line in shown.splitlines() if line.split()[1] != "help"]
    assert len(targets) <= 15
    assert {"setup", "demo", "test", "tutorial", "check"} <= set(targets)
