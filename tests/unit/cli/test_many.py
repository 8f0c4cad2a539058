"""What a command over many stacks hands to the runs of single ones."""

from __future__ import annotations

from contextvars import copy_context
from pathlib import Path
from typing import Any

from nivis_tofu.cli import many
from nivis_tofu.cli.common import Common
from nivis_tofu.cli.setup import request_of
from nivis_tofu.ir.decode import decode
from nivis_tofu.nix.evaluate import mark
from nivis_tofu.stacks.order import Order
from nivis_tofu.stacks.survey import Survey
from tests.support.rendering import data, document


def test_what_was_evaluated_and_read_goes_with_each_request() -> None:
    given, ledger = document(data("a", 1)), dict[str, Any]()
    ir = decode(given)
    survey = Survey(Order({"net": frozenset()}), {"net": ir}, {"net": ledger}, {"net": given})

    def request() -> Any:
        many.surveyed(survey)
        return request_of(Common(stack="net"), Path("/p"))

    found = copy_context().run(request)
    assert found.made == {mark("nivis.stacks.net", ledger): given}
    ((read, said),) = found.read
    assert read is given
    assert said is ir
    assert not request_of(Common(), Path("/p")).read
