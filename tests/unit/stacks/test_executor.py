"""What an executor has to offer; each is tried as one."""

from __future__ import annotations

from pathlib import Path

from nivis_tofu.stacks.executor import Executor
from nivis_tofu.stacks.local import Local


def test_this_machine_is_one(tmp_path: Path) -> None:
    local: Executor = Local(lambda *_: 0, tmp_path)
    assert local.wait(0) == []
