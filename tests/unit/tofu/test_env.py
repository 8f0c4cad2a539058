"""What reaches the engine from the user's environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivis_tofu.tofu.env import FIXED, brief, engine_env


@pytest.mark.parametrize(
    "name",
    [
        "TF_CLI_ARGS",
        "TF_CLI_ARGS_plan",
        "TF_LOG",
        "TF_LOG_PROVIDER",
        "TF_LOG_PATH",
        "TF_DATA_DIR",
    ],
)
def test_dropped(name: str) -> None:
    assert engine_env({name: "x"}) == FIXED


@pytest.mark.parametrize(
    "name",
    [
        "TF_VAR_x",
        "TF_WORKSPACE",
        "TF_REATTACH_PROVIDERS",
        "TF_PLUGIN_CACHE_DIR",
        "AWS_PROFILE",
        "HOME",
        "TF_ENCRYPTION",
    ],
)
def test_kept(name: str) -> None:
    assert engine_env({name: "x"}) == {name: "x", **FIXED}


def test_an_empty_bundle_is_left_alone() -> None:
    assert engine_env({"AWS_CA_BUNDLE": ""})["AWS_CA_BUNDLE"] == ""


def test_fixed_values_win_over_the_users_and_ours_over_all() -> None:
    env = engine_env({"TF_INPUT": "1", "TF_WORKSPACE": "theirs"}, TF_WORKSPACE="ours", TF_DATA_DIR="d")
    assert env == {**FIXED, "TF_WORKSPACE": "ours", "TF_DATA_DIR": "d"}


def test_cli_config_only_if_it_exists(tmp_path: Path) -> None:
    file = tmp_path / "rc"
    assert "TF_CLI_CONFIG_FILE" not in engine_env({"TF_CLI_CONFIG_FILE": str(file)})
    file.touch()
    assert engine_env({"TF_CLI_CONFIG_FILE": str(file)})["TF_CLI_CONFIG_FILE"] == str(file)


def test_the_callers_mapping_is_not_changed() -> None:
    base = {"TF_LOG": "trace"}
    engine_env(base)
    assert base == {"TF_LOG": "trace"}


GIB = 1 << 30


@pytest.mark.parametrize(
    ("memory", "limit"),
    [(64 * GIB, "1024MiB"), (8 * GIB, "1024MiB"), (4 * GIB, "512MiB"), (2 * GIB, "256MiB"), (GIB, None), (0, None)],
)
def test_a_brief_run_hardly_collects_garbage_where_there_is_memory(memory: int, limit: str | None) -> None:
    found = brief({"HOME": "/h"}, memory)
    assert (found["HOME"], "GOGC" in found, found.get("GOMEMLIMIT")) == ("/h", limit is not None, limit)


@pytest.mark.parametrize("own", [{"GOGC": "50"}, {"GOMEMLIMIT": "200MiB"}])
def test_who_says_how_often_garbage_is_collected_decides(own: dict[str, str]) -> None:
    assert brief(own, 64 * GIB) == own
