"""Any JSON value a user writes comes back from the engine unchanged, whichever way it is rendered."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

import pytest

from nivis_tofu.core import json_text
from nivis_tofu.ir.model import IR
from nivis_tofu.render import values
from nivis_tofu.render.preview import PreviewWriter
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
            assert json_text.same(found, expected), f"{entry['name']}: wrote {expected!r}, read {found!r}"
    assert len(seen) == len(ir.resources)


@pytest.mark.parametrize("long", [values.LONG, 1], ids=["", "every text is a variable's"])
@pytest.mark.parametrize("number", [1, *(pytest.param(n, marks=pytest.mark.long) for n in range(2, 12))])
def test_values_come_back(
    number: int, long: int, tofu_exe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(values, "LONG", long)
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


LINE = "echo ${x} %{y} $${z}: plain text of a line that is long enough\n"
TEXT = LINE * 3_000


def test_long_texts_cost_no_more_than_short_ones(tofu_exe: Path, tmp_path: Path) -> None:
    """Wherever they stand; as templates the engine would need minutes for these."""
    inside = derived({"__expr": ["${upper(", derived(TEXT), ")}"]}, "src")
    ir = decode(
        document(
            data("src", "s"),
            data("whole", TEXT),
            data("deep", [{"x": TEXT}, TEXT]),
            data("derived", derived({"x": TEXT}, "src")),
            data("template", inside),
            outputs={"o": {"value": TEXT, "description": "a ${b}"}},
            extra={
                "locals": {"l": TEXT},
                "variable": {"v": {"type": "string", "default": TEXT, "description": "a ${b} %{c}"}},
                "check": {"c": {"assert": [{"condition": {"__expr": ["${var.v == local.l}"]}, "error_message": "no"}]}},
            },
        )
    )
    bench = Workbench.at(tmp_path / "work", tofu_exe)
    module = render(ir)
    assert not module.secrets
    assert render(ir).text == module.text
    bench.write(module)
    begun = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = bench.tofu.apply_direct()
    ledger = bench.ledger(ir)
    assert not [w for w in done.warnings if "heck" in w.summary]
    found = {i.removeprefix(DATA): o.attributes["output"] for i, o in ledger.objects.items()}
    assert found["whole"] == TEXT
    assert found["deep"] == [{"x": TEXT}, TEXT]
    assert found["derived"] == {"x": TEXT}
    assert found["template"] == TEXT.upper()
    assert bench.tofu.output()["o"]["value"] == TEXT
    seen = PreviewWriter(ir, ledger, frozenset({DATA + "src"}), frozenset())
    bench.write(render(ir, ledger=ledger, preview=seen))
    changes = {c.addr for c in bench.tofu.plan(PlanOptions(refresh=False)).changes if c.action != "noop"}
    assert changes == {"terraform_data.nivis_unknown"}
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ended.ru_utime - begun.ru_utime < 30  # of a processor: other tests may keep it from having one


def test_what_a_variable_is_declared_with_is_no_template(tofu_exe: Path, tmp_path: Path) -> None:
    default = {"a": ["${b}", "%{c}", "$${d}", "\r", 1, None]}
    variable = {"v": {"default": default, "description": "a ${b} %{c}"}}
    ir = decode(document(outputs={"o": {"value": {"__expr": ["${var.v}"]}}}, extra={"variable": variable}))
    bench = Workbench.at(tmp_path / "work", tofu_exe)
    bench.write(render(ir))
    plan = tmp_path / "p"
    bench.tofu.plan(PlanOptions(out=str(plan)))
    _, raw = bench.tofu.show_plan(plan)
    assert raw["configuration"]["root_module"]["variables"]["v"]["description"] == "a ${b} %{c}"
    assert json_text.same(raw["planned_values"]["outputs"]["o"]["value"], default)


@pytest.mark.parametrize("backend", [{"type": "local", "path": "p" * values.LONG}])
def test_no_variable_stands_where_there_are_none(backend: dict[str, Any]) -> None:
    ir = decode(document(extra={"variable": {"v": {"default": TEXT}}}))
    module = render(ir, backend=backend)
    assert module.document["variable"] == {"v": {"default": TEXT}}
    assert "var." not in str(module.document["terraform"])


def test_templates_of_the_user_are_text(tofu_exe: Path, tmp_path: Path) -> None:
    texts = ['${file("/etc/hostname")}', "%{ if true }", "${", "%{", "$${x}", "$", "100%", "a$"]
    ir = decode(document(data("a", texts), data("b", dict.fromkeys(texts, 1))))
    bench = Workbench.at(tmp_path / "work", tofu_exe)
    bench.write(render(ir))
    bench.tofu.apply_direct()
    objects = bench.ledger(ir).objects
    assert objects[DATA + "a"].attributes["output"] == texts
    assert objects[DATA + "b"].attributes["output"] == dict.fromkeys(texts, 1)
