from __future__ import annotations

import json

from nivis_tofu.views import envelope


def test_the_body_is_as_given_beside_the_version() -> None:
    text = envelope.document({"b": [1], "a": None})
    assert json.loads(text) == {"version": 1, "b": [1], "a": None}
    assert "\n" not in envelope.document({"b": 1}, indent=None)
