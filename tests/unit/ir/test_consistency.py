"""What a configuration must be as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from nivis_tofu.core.errors import IRError
from nivis_tofu.ir.consistency import dangling, problems
from tests.support.rendering import BUILTIN, DATA, data, decode, document, ref

GONE: dict[str, Any] = {"__ref": ref("gone")}
EARLY: dict[str, Any] = {"__ref": ref("a")}


@pytest.mark.parametrize(
    ("more", "owner", "summary"),
    [
        ({"resources": [data("a", GONE)]}, DATA + "a", "Reference to something that is not declared"),
        ({"resources": [data("a", 1, given=[ref("gone")])]}, DATA + "a", "Reference to something that is not declared"),
        ({"outputs": {"o": {"value": [GONE]}}}, "output.o", "Reference to something that is not declared"),
        ({"extra": {"locals": {"l": GONE}}}, "extra", "Reference to something that is not declared"),
        ({"resources": [{**data("a", 1), "id": "q.terraform_data.a", "provider": "q"}]}, "q.terraform_data.a",
         "Undeclared provider"),
        ({"modules": [{"id": "module.m", "name": "m", "source": "./m", "providers": {"p": "q"}}]}, "module.m",
         "Undeclared provider"),
        ({"providers": {**BUILTIN, "p": {"source": "a/b", "config": {"x": GONE}}}}, "provider.p",
         "Reference to something that is not declared"),
        ({"backend": {"type": "s3", "key": EARLY}}, "backend", "A value that comes too late"),
        ({"extra": {"terraform": {"x": EARLY}}}, "extra.terraform", "A value that comes too late"),
        ({"extra": {"variable": {"v": {"default": EARLY}}}}, "extra.variable", "A value that comes too late"),
    ],
)  # fmt: skip
def test_what_does_not_fit_names_its_owner(more: dict[str, Any], owner: str, summary: str) -> None:
    with pytest.raises(IRError) as caught:
        decode({**document(data("a", 1)), **more})
    assert [(d.summary, d.address) for d in caught.value.diagnostics] == [(summary, owner)]


def test_members_of_a_pending_group_may_still_come() -> None:
    ir = decode(document(data("a", 1), pending=[{"name": "g", "refs": [ref("a")]}]))
    assert not list(problems(ir))
    assert not list(dangling(ir, "x", ["p.t.gone"]))
