from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from nivis_tofu.cli import workspace
from nivis_tofu.core.errors import NivisError


def session(**env: str) -> Any:
    return SimpleNamespace(tofu=SimpleNamespace(env=env))


def test_a_workspace_of_the_environment_cannot_be_changed() -> None:
    workspace._free(session())
    workspace._free(session(TF_WORKSPACE=""))
    with pytest.raises(NivisError, match="The workspace is chosen by the environment"):
        workspace._free(session(TF_WORKSPACE="ci"))
