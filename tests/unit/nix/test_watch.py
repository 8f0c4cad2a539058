"""Which variables are read."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.nix.watch import APPLY, MARK, Watch

ORIGIN = {
    "zone": "--var",
    "size": "--var-file f.json, over NIVIS_VAR_size",
    "env": "NIVIS_VAR_env",
    "x": "nivis.auto.json",
}
READ_ALL = f'{MARK}["plan"]\n{MARK}["vars","zone"]\n{MARK}["vars","size"]\n'
WHOLE = {"resources": [{"id": "p.t.a", "config": {"v": {"__derived": {"refs": [], "value": 1}}}}]}


def watched(stderr: str, document: Any = None, outputs: Any = None) -> Watch:
    watch = Watch(ORIGIN)
    watch.learn(stderr, WHOLE if document is None else document, {"outputs": outputs or {}})
    return watch


def test_what_nothing_read_is_told_once() -> None:
    watch = watched(f'{MARK}["plan"]\ntrace: mine\n')
    found = watch.warning()
    assert found
    assert (found.summary, found.severity) == ("Variables were not used", "warning")
    assert "`size` (from --var-file f.json, over NIVIS_VAR_size), `zone` (from --var)." in found.detail
    assert watch.warning() is None
    assert not watch.unread
    one = watched(f'{MARK}["plan"]\n{MARK}["vars","zone"]').warning()
    assert one
    assert one.summary == "A variable was not used"
    assert "zone" not in one.detail


def test_what_was_read_in_an_earlier_evaluation_is_known() -> None:
    watch = watched(f'{MARK}["plan"]\n{MARK}["vars","zone"]', {"pending": [{"name": "g"}]})
    watch.learn(f'{MARK}["plan"]\n{MARK}["vars","size"]', WHOLE, {"outputs": {}})
    assert watch.warning() is None


@pytest.mark.parametrize(
    ("stderr", "document", "outputs"),
    [
        (READ_ALL, WHOLE, None),
        # Nix tells no traces, or more of them than are kept.
        ("", WHOLE, None),
        (f'{MARK}["plan"]\n… 17 bytes left out …\n', WHOLE, None),
        # Something is to be computed yet.
        (f'{MARK}["plan"]', {**WHOLE, "pending": [{"name": "g"}]}, None),
        (f'{MARK}["plan"]', {"outputs": {"o": {"value": [{"__derived": {"refs": []}}]}}}, None),
        # A flake that looks at outputs by itself, and there are none yet.
        (f'{MARK}["plan"]\n{MARK}["outputs"]', WHOLE, {"p.t.b": {}}),
        (f'{MARK}["plan"]', "not an IR", None),
    ],
)
def test_no_warning_where_something_may_be_read_yet(stderr: str, document: Any, outputs: Any) -> None:
    assert watched(stderr, document, outputs).warning() is None


def test_a_flake_that_has_looked_at_all_outputs() -> None:
    assert watched(f'{MARK}["plan"]\n{MARK}["outputs"]', WHOLE, {"p.t.a": {}}).warning()


def test_the_value_of_a_sensitive_variable_is_told_at_once() -> None:
    told: list[Any] = []
    watch = Watch(ORIGIN, told.append)
    stderr = f'{MARK}["declared","zone",true]\n{MARK}["declared","size",false]\n{MARK}["declared","gone",true]\n'
    watch.declare(stderr, {"zone": {"a": 1}, "size": 2})
    assert told == [{"a": 1}]


def test_what_is_passed_to_nix_can_be_passed_in_every_locale() -> None:
    assert APPLY.isascii()


@pytest.mark.parametrize(
    "mark", ["[", "{}", '["names",1]', '["names",[1]]', '["declared",1,true]', '["vars"]', "[" * 5000]
)
def test_what_looks_like_a_mark_and_is_none(mark: str) -> None:
    """A flake may trace whatever it likes."""
    watch = watched(f"{READ_ALL}{MARK}{mark}\n")
    watch.declare(f"{MARK}{mark}\n", {})
    assert watch.unread == watched(READ_ALL).unread
