"""What a destroy takes, and what it refuses to take."""

from __future__ import annotations

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.run import destruction
from nivis_tofu.run.decide.select import Going
from tests.support.situation import at, ir, res, state

KEPT = res("kept", prevent_destroy=True)


def test_what_is_protected_and_goes_is_refused_by_its_id() -> None:
    with pytest.raises(NivisError) as caught:
        destruction.announced(at(ir(KEPT, res("b")), state("kept", "b")), Going(frozenset({"t.kept", "t.b"})))
    text = str(caught.value.diagnostics)
    assert "p.t.kept" in text
    assert "p.t.b" not in text


def test_what_is_protected_may_stay_while_the_rest_goes() -> None:
    found = destruction.announced(at(ir(KEPT, res("b")), state("kept", "b")), Going(frozenset({"t.b"})))
    assert [(line.id, line.action) for line in found.lines] == [("p.t.b", "delete")]
