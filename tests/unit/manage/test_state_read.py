"""Names of outputs as people type them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.manage.state_read import Inspection
from nivis_tofu.tofu.raw_state import RawOutput


class Look(Inspection):
    def __init__(self, *names: str) -> None:
        self.found = names

    def outputs(self) -> Mapping[str, RawOutput]:
        return {name: RawOutput(name, "string", sensitive=False) for name in self.found}


def test_an_output_is_found_by_its_name() -> None:
    assert Look("url", "bucket_arn").output("url").value == "url"


def test_an_unknown_output_is_an_error_with_the_nearest_names() -> None:
    with pytest.raises(NivisError) as caught:
        Look("bucket_arn", "bucket_urn", "other").output("bucket_arm")
    assert "`bucket_arn`? There is `bucket_urn` too." in caught.value.diagnostics[0].hint
