"""`validate`: everything that can be told without touching anything real."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.run.validate import validate
from tests.support.played import Play, computed, document, ref, thing


def test_a_good_configuration_is_written_and_validated_by_the_engine(play: Play) -> None:
    played = play(lambda ledger: document(thing("a", "x"), thing("b", computed(ledger, "a"))))
    session = played.session()
    assert validate(session) == ()
    assert [call[0] for call in played.engine.calls] == ["init", "providers", "validate"]
    assert '"b"' not in session.workdir.work.joinpath("main.tf.json").read_text(), "what waits is not in it"


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        ([thing("a", "x", vv="y")], "vv"),
        ([thing("a", ref("b")), thing("b", ref("a"))], "p.t.a"),
    ],
    ids=["a misspelt argument", "a cycle"],
)
def test_what_is_wrong_is_said_before_the_engine_is_asked(play: Play, resources: Any, said: str) -> None:
    played = play(lambda _: document(*resources))
    with pytest.raises(NivisError) as error:
        validate(played.session())
    assert said in str(error.value.diagnostics)
    assert not played.engine.said("validate")
