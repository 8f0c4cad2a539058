"""What the command line asks for."""

from __future__ import annotations

from pathlib import Path

from nivis_tofu.api.request import RunRequest
from nivis_tofu.cli import setup
from nivis_tofu.cli.common import Common, OneOrPhases


def test_options_have_the_same_names_in_a_request(tmp_path: Path) -> None:
    typed = Common(target=["a", "b"], no_destroy=True, one_plan=OneOrPhases.careful, lock_timeout="5m", stack="app")
    found = setup.request_of(typed, tmp_path)
    assert (found.target, found.exclude, found.no_destroy, found.one_plan) == (("a", "b"), (), True, "careful")
    assert (found.lock_timeout, found.stack, found.project) == ("5m", "app", tmp_path)


def test_nothing_typed_is_nothing_asked(tmp_path: Path) -> None:
    assert setup.request_of(Common(), tmp_path) == RunRequest(tmp_path, setup.request_of(Common(), tmp_path).env)
