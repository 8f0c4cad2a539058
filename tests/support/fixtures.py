"""Fixtures around the fake cloud; tests/conftest.py brings them into view."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.aws_mirror import find_aws_provider, make_mirror
from tests.support.moto import cloud_env, moto_server


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a fake cloud that all tests of this process share."""
    with moto_server(tmp_path_factory.mktemp("moto") / "moto.log") as url:
        yield url


@pytest.fixture(scope="session")
def aws_cli_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLI config file with a mirror that has the AWS provider."""
    binary = find_aws_provider(os.environ)
    if binary is None:
        pytest.skip("no AWS provider binary on this machine")
    return make_mirror(tmp_path_factory.mktemp("providers"), binary)


@pytest.fixture
def aws_provider_env(moto: str, aws_cli_config: Path) -> dict[str, str]:
    """An environment in which the real AWS provider works against the fake cloud, whatever its block says."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    return cloud_env({**env, "TF_CLI_CONFIG_FILE": str(aws_cli_config)}, moto)
