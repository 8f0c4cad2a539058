"""Commands of the engine's own: where they run, with which environment, and what they leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.run import pass_through
from nivis_tofu.system import process
from tests.support.played import Play, computed, document, thing


@pytest.fixture
def attached(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], Path, dict[str, str]]]:
    found: list[tuple[list[str], Path, dict[str, str]]] = []

    def run(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], **_: Any) -> int:
        found.append((list(argv), cwd, dict(env)))
        return 3

    monkeypatch.setattr(process, "attached", run)
    return found


def test_what_waits_is_not_in_the_module_that_it_sees(play: Play) -> None:
    session = play(lambda ledger: document(thing("a", "x"), thing("b", computed(ledger, "a")))).session()
    session = pass_through.prepared(session)
    text = (session.workdir.work / "main.tf.json").read_text()
    assert '"a"' in text
    assert '"b"' not in text


def test_the_console_is_told_where_the_state_is(attached: list[Any], play: Play) -> None:
    session = play(lambda _: document(thing("a", "x"))).session()
    session = pass_through.prepared(session)
    assert pass_through.with_module(session, ["console"], {"TF_CLI_ARGS_console": "-plan"}) == 3
    ((argv, cwd, seen),) = attached
    assert argv[1] == "console"
    assert cwd == session.workdir.settled.run.path
    flag = f"-state={session.workdir.state.local_state_path()}"
    assert seen["TF_CLI_ARGS_console"] == f"{flag} -plan"
    assert seen["TF_DATA_DIR"]
