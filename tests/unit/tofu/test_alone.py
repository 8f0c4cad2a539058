"""Commands of the engine's own that need nothing of the flake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from nivis_tofu.system import process
from nivis_tofu.tofu import alone


def test_it_runs_where_it_was_typed_in_the_environment_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def attached(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> int:
        assert (list(argv), cwd) == (["/tofu", "fmt", "-check"], tmp_path)
        assert env == {"PATH": "/bin", "TF_CLI_ARGS_fmt": "-diff"}
        return 3

    monkeypatch.setattr(process, "attached", attached)
    env = {"PATH": "/bin", "NIVIS_VAR_pw": "x", "TF_CLI_ARGS_fmt": "-diff"}
    assert alone.run(Path("/tofu"), ["fmt", "-check"], tmp_path, env) == 3
