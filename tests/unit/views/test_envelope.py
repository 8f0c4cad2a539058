from __future__ import annotations

import json

from nivis_tofu.views import envelope


def test_the_version_comes_first_and_the_body_is_as_given() -> None:
    text = envelope.document({"b": [1], "a": None})
    assert text.startswith('{\n  "version": 1,')
    assert json.loads(text) == {"version": 1, "b": [1], "a": None}
    assert "\n" not in envelope.document({"b": 1}, indent=None)
