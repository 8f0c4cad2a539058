"""Options as Python programs write them."""

from __future__ import annotations

import inspect
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.api import options
from nivis_tofu.api.project import Project
from nivis_tofu.api.request import RunRequest
from nivis_tofu.cli.common import Common
from nivis_tofu.core.errors import NivisError


def test_a_single_text_is_not_its_letters() -> None:
    given = options.asked({"target": "app", "exclude": ["a", "b"], "target_file": Path("t"), "check": ()})
    assert given == {"target": ("app",), "exclude": ("a", "b"), "target_file": ("t",), "check": ()}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"one_plan": True}, {"one_plan": "on"}),
        ({"one_plan": False}, {"one_plan": "off"}),
        ({"one_plan": None}, {"one_plan": ""}),
        ({"one_plan": "careful"}, {"one_plan": "careful"}),
        ({"lock_timeout": 0.5}, {"lock_timeout": "0.500000s"}),
        ({"lock_timeout": "5m"}, {"lock_timeout": "5m"}),
    ],
)
def test_values_of_python_become_words(given: dict[str, Any], found: dict[str, Any]) -> None:
    assert options.asked(given) == found


def test_an_option_that_there_is_not_is_no_silence() -> None:
    with pytest.raises(TypeError, match="there is no option `targets`; there are target, exclude"):
        options.asked({"targets": ["a"]})


def test_options_have_the_names_of_the_command_line() -> None:
    """And every option of a run that the command line has can be given here."""
    of_a_project = set(inspect.signature(Project.__init__).parameters) - {"self", "path", "options"}
    given, typed = {*options.RunOptions.__annotations__, *of_a_project}, {f.name for f in fields(Common)}
    ours = {"variables", "workspace", "env", "on_event", "engine_args"}
    """Of which the command line takes the first as `--var`, the others from the shell and from after `--`."""
    assert given - typed == ours
    about_the_terminal = {
        *("flake", "var", "input_", "json", "tofu_json", "tofu_json_into", "log_level", "pager", "timestamps", "color"),
        "provider_log_level",
    }
    assert typed - given == about_the_terminal
    assert options.RunOptions.__annotations__.keys() <= {f.name for f in fields(RunRequest)}


def test_variables_equal_those_of_a_file() -> None:
    given = {"a": (1, 2), "b": 0.5, "c": {"d": None}, "e": True}
    found = options.variables(given)
    assert found == {"a": [1, 2], "b": Decimal("0.5"), "c": {"d": None}, "e": True}
    assert isinstance(found["b"], Decimal)


class Unprintable:
    def __repr__(self) -> str:
        return "hunter2"


@pytest.mark.parametrize("value", [Unprintable(), {1, 2}, float("nan"), [b"hunter2"], Path("/hunter2")])
def test_what_is_no_json_is_refused_by_name(value: object) -> None:
    with pytest.raises(NivisError, match="A variable is not JSON") as caught:
        options.variables({"good": 1, "bad": value})
    assert "`bad`" in caught.value.diagnostics[0].detail
    assert "hunter2" not in repr(caught.value.diagnostics)
    assert caught.value.__cause__ is None


def test_settings_of_a_backend() -> None:
    assert options.backend_settings({"bucket": "b", "key": "k"}) == ("bucket=b", "key=k")
    assert options.backend_settings("prod.hcl") == ("prod.hcl",)
