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
    assert ir.address_of(DATA + 'c["k.1"]') == 'terraform_data.old["k.1"]'
    assert ir.address_of(DATA + 'go.ne["k.1"]') == 'terraform_data.go_x2e_ne["k.1"]'
    assert ir.address_of(DATA + "a.b[0]") == "terraform_data.a_x2e_b[0]"


def test_who_owns_an_instance() -> None:
    ir = decode(document(data("c", 1, tofuName="old"), modules=[module()], dataSources=[source()]))
    owners = [
        ('terraform_data.old["a.b"]', DATA + "c"),
        ("data.terraform_remote_state.s[0]", "data.terraform.terraform_remote_state.s"),
        ('module.m["k"].module.n.data.t.x[0]', "module.m"),
    ]
    for address, id_ in owners:
        found = ir.owner(address)
        assert found
        assert found.id == id_
    assert ir.owner("terraform_data.c") is None


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
