from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer

from nivis_tofu.cli import app, pass_through
from nivis_tofu.cli.common import Common
from nivis_tofu.core.errors import NivisError
from nivis_tofu.system.locate import Engine
from nivis_tofu.telemetry.current import SPANS
from tests.support.spans import KeptSpans


@pytest.fixture
def context() -> Any:
    return typer.Context(app.command(), info_name="nivis")


def test_help_of_a_verb_below_another(context: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert pass_through.help_(context, ["state", "mv"]) == 0
    assert "nivis state mv" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["nosuch"], ["state", "nosuch"]])
def test_help_of_what_is_no_verb(context: Any, words: list[str]) -> None:
    with pytest.raises(NivisError, match="No such verb") as error:
        pass_through.help_(context, words)
    assert f"`nivis {' '.join(words)}`" in error.value.diagnostics[0].detail


def test_an_engine_that_runs_alone_is_part_of_the_trace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept, ran = KeptSpans.new(), list[Any]()
    monkeypatch.setattr(pass_through, "_engine", lambda *_: Engine(Path("tofu"), "tofu", "PATH"))
    monkeypatch.setattr("nivis_tofu.tofu.alone.run", lambda *given: ran.append(given[3]))
    monkeypatch.chdir(tmp_path)
    token = SPANS.set(spans := kept.made())
    pass_through.run(Common(), ("fmt", "hunter2"))
    SPANS.reset(token)
    spans.end()
    assert kept.tree() == ["nivis", ["tofu fmt"]]
    assert ran[0]["TRACEPARENT"].split("-")[2] == f"{kept.named('tofu fmt').context.span_id:016x}"
