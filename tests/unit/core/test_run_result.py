"""The result of a run as a value."""

from __future__ import annotations

import copy
import json
import pickle

from nivis_tofu.core.run_result import AppliedChange, OutputValues, RunResult


def test_what_is_secret_is_in_the_values_and_not_in_their_text() -> None:
    values = OutputValues({"pw": "hunter2", "name": "a"}, {"pw"})
    assert (values["pw"], values) == ("hunter2", {"pw": "hunter2", "name": "a"})
    assert json.loads(json.dumps(values)) == values
    result = RunResult(outputs=values)
    for shown in (values, result, copy.deepcopy(values), pickle.loads(pickle.dumps(values)), {"in": [values]}):
        assert "hunter2" not in f"{shown} {shown!r} {shown!s}"
        assert "(sensitive)" in repr(shown)


def test_a_result_goes_to_other_processes() -> None:
    result = RunResult((AppliedChange("a", "create", 1, 0.5),), OutputValues({"x": 1}, {"x"}), phases=1)
    again = pickle.loads(pickle.dumps(result))
    assert again == result
    assert again.outputs.sensitive == {"x"}
