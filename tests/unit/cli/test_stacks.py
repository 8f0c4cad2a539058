"""Options on their way to the stacks, and what is refused before anything begins."""

from __future__ import annotations

import pytest

from nivis_tofu.cli import stacks
from nivis_tofu.cli.common import Colour, Common, spelled
from nivis_tofu.cli.stack_choice import Choice, Running
from nivis_tofu.core.errors import NivisError


@pytest.mark.parametrize(
    ("common", "typed"),
    [
        (Common(), []),
        (Common(flake="/p", color=Colour.never, parallelism=3), ["--flake=/p", "--parallelism=3", "--color=never"]),
        (Common(var=["a=1", "b=x y"], refresh=False), ["--var=a=1", "--var=b=x y", "--no-refresh"]),
        (Common(no_destroy=True, input_=False), ["--no-destroy", "--no-input"]),
        (Common(stack="app"), ["--stack=app"]),
    ],
)
def test_options_are_spelt_as_they_were_meant(common: Common, typed: list[str]) -> None:
    assert spelled(common) == typed


@pytest.mark.parametrize("common", [Common(stack="a"), Common(state="x.json")])
def test_options_of_one_stack_are_refused(common: Common) -> None:
    with pytest.raises(NivisError, match="An option of one stack"):
        stacks.plan(common, Choice(), Running())


def test_a_format_that_there_is_none_of() -> None:
    with pytest.raises(NivisError, match="Unknown format"):
        stacks.graph(Common(), "svg")
