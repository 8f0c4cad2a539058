from __future__ import annotations

from typing import Any

import pytest
import typer

from nivis_tofu.cli import app, pass_through
from nivis_tofu.core.errors import NivisError


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
