"""OpenTofu's own JSON lines: what a destroy takes, one object at a time."""

from __future__ import annotations

from nivis_tofu.cli.engine_json import _all_gone
from nivis_tofu.core.outcome import Line, Preview
from tests.support.situation import at, ir, res, state, thing


def test_a_destroy_is_told_object_by_object() -> None:
    there = state(
        "a", thing('t.many["x.y"]'), thing("many[1]"), "module.net.t.x", 'module.net.module.deep["k"].t.y[0]',
        outputs={"o": 1, "nivis_module_net": {}},
    )  # fmt: skip
    lines = [Line("delete", i, "t", address=a) for a, i in (("t.a", "p.t.a"), ("t.many", "p.t.many"))]
    lines.append(Line("delete", "module.net", "module", address="module.net"))
    found = _all_gone(Preview(tuple(lines)), at(ir(res("a")), there), whole=True)
    assert [x.address for x in found.lines] == [
        "t.a",
        't.many["x.y"]',
        "t.many[1]",
        'module.net.module.deep["k"].t.y[0]',
        "module.net.t.x",
    ]
    assert found.outputs == (("o", "delete"),)
