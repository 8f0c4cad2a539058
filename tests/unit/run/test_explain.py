"""Why a run cannot go on: which values wait, and for what."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.core.errors import ExitCode, IRError
from nivis_tofu.ir.ledger import Ledger, Object
from nivis_tofu.run.decide.held import Cut
from nivis_tofu.run.explain import refuse_dead_ends, waiting_error
from tests.support.rendering import BUILTIN, DATA, data, decode, document, ref

NONE: frozenset[str] = frozenset()
CUT = Cut(NONE, NONE, NONE, NONE, NONE, NONE, NONE)


def pending(*path: str, of: str = "a") -> dict[str, Any]:
    return {"__derived": {"inputs": [], "refs": [ref(of, *path)]}}


def test_a_plan_that_got_no_ledger_is_refused_by_name() -> None:
    ir = decode(document(data("a", 1), data("b", pending()), noLedger=True))
    with pytest.raises(IRError, match="The plan got no ledger") as error:
        refuse_dead_ends(ir)
    (found,) = error.value.diagnostics
    assert f"`{DATA}b.input` waits for `{DATA}a.id`" in found.detail
    assert "inherit ledger;" in found.hint
    assert found.address == f"{DATA}b"


def test_only_some_examples_are_named() -> None:
    resources = [data(f"b{n}", pending()) for n in range(5)]
    with pytest.raises(IRError) as error:
        refuse_dead_ends(decode(document(data("a", 1), *resources, noLedger=True)))
    assert "; 2 more" in error.value.diagnostics[0].detail


def test_a_good_configuration_is_refused_by_nobody() -> None:
    refuse_dead_ends(decode(document(data("a", 1), data("b", pending()))))


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        (None, f"`{DATA}a` is not in the state."),
        ({"outptu": 1}, f"`{DATA}a` has no attribute `output`; did you mean `outptu`?"),
        ({"zzz": 1, "yyy": 2}, f"`{DATA}a` has no attribute `output`; it has: yyy, zzz."),
    ],
)
def test_what_waits_and_why(attributes: dict[str, Any] | None, said: str) -> None:
    ir = decode(document(data("a", 1), data("b", pending("output"))))
    known = {} if attributes is None else {f"{DATA}a": Object("terraform_data.a", "p", attributes)}
    error = waiting_error(ir, Ledger(known), CUT)
    assert error.exit_code == ExitCode.NOT_CONVERGED
    (found,) = error.diagnostics
    assert found.summary == "The run cannot go on"
    assert found.detail.startswith(f"`{DATA}b.input` waits for `{DATA}a.output`; nothing is left to apply")
    assert found.detail.endswith(said)


def test_a_provider_waits_too() -> None:
    providers = {**BUILTIN, "p": {"source": "x/p", "config": {"host": {"__ref": ref("a")}}}}
    ir = decode(document(data("a", 1), providers=providers))
    cut = Cut(NONE, NONE, NONE, NONE, frozenset({"p"}), NONE, NONE)
    assert [d.address for d in waiting_error(ir, Ledger(), cut).diagnostics] == ["provider.p"]


def test_nothing_that_could_be_named() -> None:
    (found,) = waiting_error(decode(document()), Ledger(), CUT).diagnostics
    assert found.detail == "Values are pending and nothing changes."
