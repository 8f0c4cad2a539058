"""Where stacks run, as typed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from nivis_tofu.cli import executor
from nivis_tofu.cli.common import Common
from nivis_tofu.cli.executor import address, means
from nivis_tofu.core.errors import NivisError


@pytest.mark.parametrize(
    ("where", "found"),
    [("local", ""), ("dask=tcp://h:8786", "tcp://h:8786"), ("dask=tls://h:8786", "tls://h:8786")],
)
def test_addresses(where: str, found: str) -> None:
    assert address(where) == found
    assert means(3, where).scheduler == found


@pytest.mark.parametrize("where", ["", "dask", "dask=", "dask=h:8786", "dask=tcp://", "slurm=x://y", "tcp://h:1"])
def test_what_is_no_executor(where: str) -> None:
    with pytest.raises(NivisError, match="Unknown executor"):
        address(where)


def test_a_flake_that_is_elsewhere_cannot_be_shipped() -> None:
    b: Any = SimpleNamespace(session=SimpleNamespace(workdir=SimpleNamespace(project=None)))
    with pytest.raises(NivisError, match="No source to ship"):
        executor._spaces(b, Common(flake="github:o/r"), None, ())  # type: ignore[arg-type]
