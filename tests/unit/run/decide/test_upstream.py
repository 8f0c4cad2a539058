"""What is said of outputs of other stacks that are not there."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.ir.decode import decode
from nivis_tofu.ir.ledger import Ledger, Object, Upstream
from nivis_tofu.ir.values import Ref
from nivis_tofu.run.decide.upstream import reason, told
from tests.support.rendering import data, document

NET = "stack.net"
FIRST = "run `nivis --stack net apply` first."


def uses(*paths: tuple[str | int, ...]) -> Any:
    refs = [{"resource": NET, "path": [*path]} for path in paths]
    return decode(document(data("a", {"__derived": {"inputs": [], "refs": refs}})))


def having(changing: tuple[str, ...] = (), **attributes: Any) -> Ledger:
    late = frozenset(Ref(NET, (name,)) for name in changing)
    return Ledger(upstream=Upstream({NET: Object(NET, "", attributes)}, late))


@pytest.mark.parametrize(
    ("ledger", "found"),
    [
        (Ledger(), [f"waits for stack.net.ids[0], stack.net.vpc. The stack net has no outputs yet: {FIRST}"]),
        (having(vpc="v", ids=["i"]), []),
        (
            having(vpc="v", id=["i"]),
            [
                "waits for stack.net.ids[0]. The stack net has no output `ids`; did you mean `id`? "
                f"If it is new there, {FIRST}"
            ],
        ),
        (having(("vpc", "ids"), vpc="v"), ["known after stack net: ids, vpc"]),
        (
            having(("ids",), other=1),
            [
                "known after stack net: ids",
                f"waits for stack.net.vpc. The stack net has no output `vpc`; it has: other. If it is new there, {FIRST}",
            ],
        ),
    ],
)
def test_a_sentence_for_each_stack(ledger: Ledger, found: list[str]) -> None:
    assert [*told(uses(("vpc",), ("ids", 0)), ledger)] == found


def test_a_change_that_is_to_come() -> None:
    assert reason(having(("vpc",), vpc="v"), Ref(NET, ("vpc",))) == f"The stack net is about to change it: {FIRST}"
