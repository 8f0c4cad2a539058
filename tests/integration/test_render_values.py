"""Any JSON value a user writes comes back from the engine unchanged, whichever way it is rendered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nivis_tofu import jsontext
from nivis_tofu.ir import IR
from nivis_tofu.preview import PreviewWriter
from nivis_tofu.tofu.argv import PlanOptions
from tests.support import values as v
from tests.support.rendering import DATA, Workbench, data, decode, derived, document, ref, render

pytestmark = pytest.mark.engine
SIZE = 150


def forms(index: int, value: Any) -> list[dict[str, Any]]:
    """Every way in which one value can stand in an IR."""
    text = v.written(value)
    mixed = {"x": text, "id": {"__ref": ref("src")}}
    return [
        data(f"plain{index}", text),
        data(f"derived{index}", derived(text, "src")),
        data(f"secret{index}", derived(text, sensitive=True)),
        data(f"mixed{index}", derived(mixed, "src")),
        data(f"both{index}", derived(mixed, "src", sensitive=True)),
    ]


def plain_of(name: str, value: Any, src: str) -> Any:
    return {"x": value, "id": src} if name.startswith(("mixed", "both")) else value


def compare(ir: IR, seen: dict[str, Any], batch: list[Any]) -> None:
    for index, value in enumerate(batch):
        for entry in forms(index, value):
            expected = v.nfc(plain_of(entry["name"], value, seen["src"]["id"]))
            found = seen[entry["name"]]["input"]
            assert jsontext.same(found, expected), f"{entry['name']}: wrote {expected!r}, read {found!r}"
    assert len(seen) == len(ir.resources)


@pytest.mark.parametrize("number", [1, *(pytest.param(n, marks=pytest.mark.long) for n in range(2, 12))])
def test_values_come_back(number: int, tofu_exe: Path, tmp_path: Path) -> None:
    batch = v.batch(v.values, SIZE, number)
    ir = decode(document(data("src", "s"), *(entry for i, value in enumerate(batch) for entry in forms(i, value))))
    bench = Workbench.at(tmp_path / "work", tofu_exe)
    module = render(ir)
    bench.write(module)
    bench.tofu.apply_direct()
    ledger = bench.ledger(ir)
    compare(ir, {i.removeprefix(DATA): dict(o.attributes) for i, o in ledger.objects.items()}, batch)

    # The same values as guarded expressions: as long as `src` is what it was, nothing changes.
    writer = PreviewWriter(ir, ledger, frozenset({DATA + "src"}), frozenset())
    bench.write(render(ir, ledger=ledger, preview=writer))
    changes = {c.addr: c for c in bench.tofu.plan(PlanOptions(refresh=False)).changes if c.action != "noop"}
    assert set(changes) == {"terraform_data.nivis_unknown"}


def test_templates_of_the_user_are_text(tofu_exe: Path, tmp_path: Path) -> None:
    texts = ['${file("/etc/hostname")}', "%{ if true }", "${", "%{", "$${x}", "$", "100%", "a$"]
    ir = decode(document(data("a", texts), data("b", dict.fromkeys(texts, 1))))
    bench = Workbench.at(tmp_path / "work", tofu_exe)
    bench.write(render(ir))
    bench.tofu.apply_direct()
    objects = bench.ledger(ir).objects
    assert objects[DATA + "a"].attributes["output"] == texts
    assert objects[DATA + "b"].attributes["output"] == dict.fromkeys(texts, 1)
