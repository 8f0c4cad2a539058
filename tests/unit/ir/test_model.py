"""What a configuration knows about itself."""

from __future__ import annotations

from typing import Any

from nivis_tofu.ir.values import Ref
from tests.support.rendering import DATA, data, decode, derived, document, ref


def test_addresses() -> None:
    ir = decode(document(data("a.b", 1), data("c", 1, tofuName="old"), modules=[module()], dataSources=[source()]))
    assert list(ir.by_address) == [
        "terraform_data.a_x2e_b",
        "terraform_data.old",
        "data.terraform_remote_state.s",
        "module.m",
    ]
    assert ir.address_of(DATA + "c") == "terraform_data.old"
    assert ir.address_of(DATA + "go.ne") == "terraform_data.go_x2e_ne"
    assert ir.address_of("module.m.terraform_data.x") == "module.m.terraform_data.x"
    assert ir.address_of('terraform_data.x["k.1"]') == 'terraform_data.x["k.1"]'


def test_pending_and_consumed() -> None:
    waiting = {"__derived": {"inputs": [], "refs": [ref("a", "output")]}}
    ir = decode(
        document(data("a", 1), data("b", [waiting]), data("c", derived(1, "b")), data("d", {"__ref": ref("c")}))
    )
    assert [r.name for r in ir.managed if r.pending] == ["b"]
    assert ir.consumed == {Ref(DATA + "a", ("output",)), Ref(DATA + "b", ("id",))}


def module() -> dict[str, Any]:
    return {"id": "module.m", "name": "m", "source": "./m"}


def source() -> dict[str, Any]:
    kind = "terraform_remote_state"
    return {"id": f"data.terraform.{kind}.s", "provider": "terraform", "type": kind, "name": "s"}
