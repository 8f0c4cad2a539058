from __future__ import annotations

import pytest

from nivis_tofu.cli import inspect
from nivis_tofu.cli.common import Common
from nivis_tofu.core.errors import NivisError


@pytest.mark.parametrize(("common", "name"), [(Common(), None), (Common(json=True), "x")])
def test_raw_output_is_of_one_value_and_no_document(common: Common, name: str | None) -> None:
    with pytest.raises(NivisError, match="`--raw` prints one value as it is"):
        inspect.output(common, name, raw=True)
