"""Finding the engine and Nix: order, kinds, and what is said when there is nothing."""

from __future__ import annotations

import os
import pwd
from collections.abc import Sequence
from pathlib import Path

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.system.locate import cache_dir, find_engine, find_nix, home_dir


def executable(path: Path, content: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(0o755)
    return path


def never(argv: Sequence[str]) -> str:
    raise AssertionError(f"ran {argv}")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "bin").mkdir()
    return {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path / "home")}


def everything(root: Path, env: dict[str, str]) -> dict[str, Path]:
    env["NIVIS_TOFU"] = str(root / "env/tofu")
    return {
        "flag": executable(root / "flag/tofu"),
        "NIVIS_TOFU": executable(root / "env/tofu"),
        "PATH": executable(root / "bin/tofu"),
        "cache": executable(root / "home/.cache/nivis/tofu-1.12.6/tofu"),
        "terraform": executable(root / "bin/terraform"),
    }


def test_order(tmp_path: Path, env: dict[str, str]) -> None:
    made = everything(tmp_path, env)
    engine = find_engine(str(made["flag"]), env, never)
    assert (engine.exe, engine.kind, engine.source, engine.note) == (made["flag"], "tofu", "flag", "")
    assert find_engine(None, env, never).source == "NIVIS_TOFU"
    del env["NIVIS_TOFU"]
    engine = find_engine(None, env, never)
    assert (engine.exe, engine.source) == (made["PATH"], "PATH")
    made["PATH"].unlink()
    engine = find_engine(None, env, never)
    assert (engine.exe, engine.source) == (made["cache"], "cache")
    made["cache"].unlink()
    engine = find_engine(None, env, never)
    assert (engine.exe, engine.kind, engine.source) == (made["terraform"], "terraform", "PATH")
    assert "\n" not in engine.note
    assert str(made["terraform"]) in engine.note


def test_nothing_found(env: dict[str, str]) -> None:
    with pytest.raises(NivisError) as caught:
        find_engine(None, env, never)
    [diagnostic] = caught.value.diagnostics
    assert diagnostic.summary == "OpenTofu is not installed"
    assert "PATH" in diagnostic.detail
    assert "nivis setup" in diagnostic.hint
    assert "https://opentofu.org/docs/intro/install/" in diagnostic.hint


@pytest.mark.parametrize("missing", ["/no/such/tofu", "tofuu"])
def test_named_but_absent(env: dict[str, str], missing: str) -> None:
    for explicit, more, shown in [(missing, {}, "--tofu"), (None, {"NIVIS_TOFU": missing}, "NIVIS_TOFU")]:
        with pytest.raises(NivisError) as caught:
            find_engine(explicit, {**env, **more}, never)
        [diagnostic] = caught.value.diagnostics
        assert f"{shown} names `{missing}`" in diagnostic.detail


def test_a_file_that_cannot_be_executed_is_not_an_engine(tmp_path: Path, env: dict[str, str]) -> None:
    executable(tmp_path / "bin/tofu").chmod(0o644)
    executable(tmp_path / "home/.cache/nivis/tofu-1.12.6/tofu").chmod(0o644)
    with pytest.raises(NivisError, match="OpenTofu is not installed"):
        find_engine(None, env, never)


def test_the_flag_may_name_a_command_on_path(tmp_path: Path, env: dict[str, str]) -> None:
    exe = executable(tmp_path / "bin/tofu-1.11")
    assert find_engine("tofu-1.11", env, never).exe == exe


def test_a_relative_path_becomes_absolute(tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    exe = executable(tmp_path / "my tools/tofu")
    monkeypatch.chdir(tmp_path)
    assert find_engine("./my tools/tofu", env, never).exe == exe


def test_terraform_by_flag_is_noted(tmp_path: Path, env: dict[str, str]) -> None:
    exe = executable(tmp_path / "terraform-1.11")
    engine = find_engine(str(exe), env, never)
    assert engine.kind == "terraform"
    assert "--tofu" in engine.note


@pytest.mark.parametrize("asked", ["PATH", "flag"])
@pytest.mark.parametrize(
    ("link", "target", "kind"),
    [
        ("tofu", "terraform", "terraform"),
        ("terraform", "tofu", "tofu"),
        ("tofu", "version-manager", "tofu"),
        ("terraform", "version-manager", "terraform"),
    ],
)
def test_a_link_with_the_name_of_the_other_engine(
    tmp_path: Path, env: dict[str, str], asked: str, link: str, target: str, kind: str
) -> None:
    executable(tmp_path / "opt" / target)
    (tmp_path / "bin" / link).symlink_to(tmp_path / "opt" / target)
    engine = find_engine(link if asked == "flag" else None, env, never)
    assert (engine.kind, engine.exe) == (kind, tmp_path / "bin" / link)
    assert ("Terraform" in engine.note) == (kind == "terraform")


def test_the_target_of_a_link_tells_the_kind(tmp_path: Path, env: dict[str, str]) -> None:
    executable(tmp_path / "opt/terraform")
    link = tmp_path / "bin/tf"
    link.symlink_to(tmp_path / "opt/terraform")
    engine = find_engine("tf", env, never)
    assert (engine.kind, engine.exe) == ("terraform", link)


@pytest.mark.parametrize(
    ("text", "kind"), [("OpenTofu v1.12.6\non linux_amd64\n", "tofu"), ("Terraform v1.11.4\n", "terraform")]
)
def test_an_unclear_name_is_asked_once(tmp_path: Path, env: dict[str, str], text: str, kind: str) -> None:
    exe = executable(tmp_path / "bin/tf")
    asked: list[Sequence[str]] = []

    def answer(argv: Sequence[str]) -> str:
        asked.append(argv)
        return text

    assert find_engine("tf", env, answer).kind == kind
    assert find_engine("tf", env, answer).kind == kind
    assert asked == [[str(exe), "version"]]
    exe.write_text("another binary")
    find_engine("tf", env, answer)
    assert len(asked) == 2


@pytest.mark.parametrize("broken", ["", "[]", '{"x": 1}', "{"])
def test_a_broken_cache_of_kinds_is_ignored(tmp_path: Path, env: dict[str, str], broken: str) -> None:
    executable(tmp_path / "bin/tf")
    executable(tmp_path / "home/.cache/nivis/engines.json", broken)
    assert find_engine("tf", env, lambda _: "OpenTofu v1.12.6").kind == "tofu"


def test_an_unwritable_cache_does_not_matter(tmp_path: Path, env: dict[str, str]) -> None:
    executable(tmp_path / "bin/tf")
    (tmp_path / "home").write_text("a file where a directory should be")
    assert find_engine("tf", env, lambda _: "OpenTofu v1.12.6").kind == "tofu"


def test_something_else_is_refused(tmp_path: Path, env: dict[str, str]) -> None:
    executable(tmp_path / "bin/tf")
    with pytest.raises(NivisError, match="Not an engine that nivis knows") as caught:
        find_engine("tf", env, lambda _: "GNU tf 3.0")
    assert caught.value.raw == "GNU tf 3.0"


def test_the_newest_cached_version_wins(tmp_path: Path, env: dict[str, str]) -> None:
    for version in ("1.9.0", "1.12.6", "1.12.6-rc1", "1.10.11"):
        executable(tmp_path / f"home/.cache/nivis/tofu-{version}/tofu")
    assert find_engine(None, env, never).exe.parent.name == "tofu-1.12.6"


def test_cache_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_dir({"HOME": "/h"}) == Path("/h/.cache/nivis")
    assert cache_dir({"HOME": "/h", "XDG_CACHE_HOME": "/x"}) == Path("/x/nivis")
    assert cache_dir({"HOME": "/h", "XDG_CACHE_HOME": "relative"}) == Path("/h/.cache/nivis")
    assert cache_dir({"HOME": "/h", "XDG_CACHE_HOME": "/x", "NIVIS_CACHE": "/n"}) == Path("/n")
    monkeypatch.chdir(tmp_path)
    assert cache_dir({"NIVIS_CACHE": "here"}) == tmp_path / "here"


def test_no_home_falls_back_to_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = home_dir({})
    assert expected is not None
    assert cache_dir({"HOME": ""}) == expected / ".cache/nivis"

    def unknown(_: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    with pytest.raises(NivisError, match="No cache directory"):
        cache_dir({})
    with pytest.raises(NivisError, match="OpenTofu is not installed"):
        find_engine(None, {"PATH": ""}, never)


def test_nix_on_path_comes_first(tmp_path: Path, env: dict[str, str]) -> None:
    in_profile = executable(tmp_path / "home/.nix-profile/bin/nix")
    on_path = executable(tmp_path / "bin/nix")
    assert find_nix(env) == on_path
    on_path.unlink()
    default = Path("/nix/var/nix/profiles/default/bin/nix")
    assert find_nix(env) == (default if default.exists() else in_profile)


def test_no_nix(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(NivisError) as caught:
        find_nix(env)
    [diagnostic] = caught.value.diagnostics
    assert diagnostic.summary == "Nix is not installed"
    assert "nix-bin" in diagnostic.hint
    assert "https://nixos.org/download/" in diagnostic.hint


def test_the_cache_of_kinds_is_no_file(tmp_path: Path) -> None:
    """It counts as absent, and nobody waits at a pipe."""
    exe = executable(tmp_path / "bin" / "engine")
    os.mkfifo(tmp_path / "engines.json")
    found = find_engine(str(exe), {"NIVIS_CACHE": str(tmp_path)}, lambda _: "OpenTofu v1.12.6")
    assert found.kind == "tofu"
