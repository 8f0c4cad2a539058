"""The engine and nivis with a provider that is slow, fails, dies, lies and drifts; in phases and in one plan."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import provider
from tests.support.lab import Lab

pytestmark = [pytest.mark.engine, pytest.mark.nix]

LET = """
    thing = name: config: lib.mkResource { provider = "lab"; type = "lab_thing"; inherit name; config = config // { inherit name; }; };
    a = thing "a" { value = var.v or "one"; };
    b = thing "b" { value = lib.str [ "from " (a.refAttr "id") ]; };
    c = thing "c" { value = lib.derived { inputs = [ (b.refAttr "seen") (a.refAttr "secret") ]; render = xs: { seen = builtins.head xs; secret = builtins.elemAt xs 1; }; }; };
"""
IR = 'resources = [ a b c ]; providers.lab = lib.mkProvider { source = "nivis.invalid/nivis/lab"; };'


@pytest.fixture
def cloud() -> Iterator[provider.Lab]:
    with provider.provider() as lab:
        yield lab


@pytest.fixture(params=["off", "on"])
def project(request: pytest.FixtureRequest, tmp_path: Path, cloud: provider.Lab) -> Lab:
    lab = Lab(tmp_path, env=cloud.environment(os.environ))
    lab.mode = request.param
    lab.write(LET, IR)
    return lab


def test_a_life_with_drift(project: Lab, cloud: provider.Lab) -> None:
    project.apply().ok()
    assert cloud.done == [("create", "a"), ("create", "b"), ("create", "c")]
    assert cloud.objects["c"]["value"] == {"seen": 1, "secret": cloud.objects["a"]["secret"]}
    assert project.planned(one_plan="on") == project.planned(one_plan="off") == {}
    cloud.drift("b", value="changed outside")
    cloud.objects.pop("c")
    assert project.planned() == {"b": "update", "c": "create"}
    project.apply().ok()
    assert cloud.objects["b"]["value"] == f"from {cloud.objects['a']['id']}"
    assert cloud.objects["c"]["value"]["seen"] == 2
    assert project.planned(one_plan="on") == project.planned(one_plan="off") == {}
    project.destroy().ok()
    assert not cloud.objects
    assert [name for verb, name in cloud.done if verb == "delete"] == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"fail": "no room"}, "no room"),
        ({"fail": "no room", "half": True}, "no room"),
        ({"crash": True}, ""),
        ({"late_crash": True}, ""),
    ],
)
def test_what_fails_once_is_finished_by_the_next_run(
    project: Lab, cloud: provider.Lab, fault: dict[str, object], said: str
) -> None:
    cloud.on("create", "b", **fault)
    failed = project.apply()
    assert failed.result.error is not None
    assert said in str([d.summary + d.detail for d in failed.result.error.diagnostics])
    assert "c" not in cloud.objects
    cloud.well()
    project.apply().ok()
    assert set(cloud.objects) == {"a", "b", "c"}
    assert cloud.objects["b"]["value"] == f"from {cloud.objects['a']['id']}"
    assert project.planned(one_plan="on") == project.planned(one_plan="off") == {}


def test_a_provider_that_lies_is_named(project: Lab, cloud: provider.Lab) -> None:
    cloud.on("create", "b", answer={"value": "something else"})
    error = project.apply().result.error
    assert error is not None
    assert "Provider produced inconsistent result" in " ".join(d.summary for d in error.diagnostics)
    assert project.state["a"]["id"] == cloud.objects["a"]["id"]


def test_independent_things_are_made_side_by_side(project: Lab, cloud: provider.Lab) -> None:
    project.write(
        LET + "".join(f'x{n} = thing "x{n}" {{ value = lib.str [ (a.refAttr "id") "{n}" ]; }};\n' for n in range(3)),
        IR.replace("[ a b c ]", "[ a x0 x1 x2 ]"),
    )
    cloud.on("create", seconds=0.3)
    most = 0

    def watch() -> bool:
        nonlocal most
        most = max(most, sum(1 for n in cloud.running.values() if n))
        return most >= 3

    import threading

    watcher = threading.Thread(target=lambda: cloud.wait(watch, 60), daemon=True)
    watcher.start()
    project.apply().ok()
    watcher.join(5)
    assert most == 3


def test_a_replacement_that_cannot_be_read_yet(project: Lab, cloud: provider.Lab) -> None:
    project.apply().ok()
    before = cloud.objects["a"]["id"]
    project.write(LET.replace('{ value = var.v or "one"; }', '{ value = "one"; kind = "other"; }'), IR)
    cloud.on("read", "c", fail="not now")
    assert project.apply().result.error is not None
    cloud.well()
    project.apply().ok()
    assert cloud.objects["a"]["id"] != before
    assert cloud.objects["b"]["value"] == f"from {cloud.objects['a']['id']}"
    assert project.planned(one_plan="on") == project.planned(one_plan="off") == {}


def test_things_of_another_configuration_stay_while_it_is_not_known(project: Lab, cloud: provider.Lab) -> None:
    """`far` is configured by what a replacement makes anew: its thing is left alone until then."""
    let = (
        LET
        + """
    at = ref: lib.mkProvider { source = "nivis.invalid/nivis/lab"; config.region = lib.str [ "of " ref ]; };
    d = lib.mkResource { provider = "far"; type = "lab_thing"; name = "d"; config.name = "d"; };
    """
    )
    ir = IR.replace("[ a b c ]", "[ a d ]") + 'providers.far = at (a.refAttr "id");'
    project.write(let, ir)
    project.apply().ok()
    project.write(let.replace('value = var.v or "one";', 'value = "one"; kind = "other";'), ir)
    project.apply().ok()
    assert cloud.done == [("create", "a"), ("create", "d"), ("delete", "a"), ("create", "a")]
    assert project.planned(one_plan="on") == project.planned(one_plan="off") == {}


def test_what_a_secret_chooses_is_as_secret_in_both_modes(project: Lab, tmp_path: Path) -> None:
    """The engine plans an update where only the mark of a value differs."""
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "main.tf").write_text(
        'variable "x" {}\nvariable "y" {}\nresource "terraform_data" "in" { input = [var.x, var.y] }\n'
    )
    let = """
    d = thing "d" { value = lib.derived { inputs = [ (a.refAttr "secret") ]; render = _: b.refAttr "id"; }; };
    e = thing "e" { value = lib.derived { inputs = [ (a.refAttr "secret") ]; render = _: [ (b.refAttr "id") "x" ]; }; };
    m = lib.mkModule { source = "./m"; name = "m"; config = {
      x = lib.derived { inputs = [ (a.refAttr "secret") ]; render = _: b.refAttr "id"; };
      y = lib.derived { inputs = [ (a.refAttr "secret") ]; render = _: { id = b.refAttr "id"; }; };
    }; };
    """
    project.write(LET + let, IR.replace("[ a b c ]", "[ a b d e ]") + " modules = [ m ];")
    project.apply().ok()
    assert project.planned(one_plan="on") == project.planned(one_plan="off") == {}


HANDS_ON = """variable "x" {}
resource "terraform_data" "in" { input = var.x }
output "out" { value = terraform_data.in.output }
output "deep" { value = { pw = [terraform_data.in.output], (jsonencode(terraform_data.in.output)) = 1 } }
"""
UNMARKED = """
    m = lib.mkModule { source = "./m"; name = "m"; config.x = a.refAttr "secret"; };
    d = thing "d" { value = lib.str [ "from " (m.refAttr "out") ]; };
    e = td "e" { input = of (m.refAttr "deep") (x: x); };
    f = td "f" { input = lib.str [ "f:" (d.refAttr "value") ]; };
    n = lib.mkModule { source = "./m"; name = "n"; config.x = of (f.refAttr "output") (x: [ x ]); };
    o = td "o" { input = of (n.refAttr "out") (x: { inherit x; id = b.refAttr "id"; }); };
    k = td "k" { input = keyed (m.refAttr "out"); };
    keyed = ref: of ref (x: { ${x} = b.refAttr "id"; });
    g = lib.whenKnown { name = "g"; inputs = [ (a.refAttr "secret") ]; resources = v: [
      (td "h" { input = "h-${builtins.head v}"; })
      (td "l" { input = { ${builtins.head v} = b.refAttr "id"; }; })
    ]; };
"""


def test_what_a_module_hands_on_without_its_mark_stands_in_no_module(
    project: Lab, cloud: provider.Lab, tmp_path: Path
) -> None:
    """And is not marked by nivis either: the engine would plan an update for the mark alone."""
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "main.tf").write_text(HANDS_ON)
    ir = IR.replace("[ a b c ]", "[ a b c d e f g k o ]") + " providers.terraform = terraform; modules = [ m n ];"
    outputs = ' outputs.o = { value = lib.str [ "o" (m.refAttr "out") ]; sensitive = true; };'
    outputs += ' outputs.k = { value = keyed (m.refAttr "out"); sensitive = true; };'
    # What is marked has no marked keys.
    outputs += ' outputs.l.value = keyed (a.refAttr "secret");'
    project.write(LET + UNMARKED, ir + outputs)
    found: set[str] = set()

    def look(*_: object) -> None:
        secret = str(cloud.objects.get("a", {}).get("secret", "none yet")).encode()
        for path in tmp_path.rglob("*"):
            if path.is_file() and not path.is_symlink() and secret in path.read_bytes():
                assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
                found.add(path.name)

    project.on_apply = lambda session: session.with_engine(on_command=look)
    for version, action in (("one", "create"), ("two", "update")):
        project.variables["v"] = version
        project.apply().ok()
        look()
        assert cloud.objects["d"]["value"] == f"from {cloud.objects['a']['secret']}"
        assert project.state["h"]["input"] == f"h-{cloud.objects['a']['secret']}"
        assert project.state["o"]["input"]["x"] == [f"f:from {cloud.objects['a']['secret']}"]
        assert (
            project.state["k"]["input"]
            == project.state["l"]["input"]
            == {cloud.objects["a"]["secret"]: cloud.objects["b"]["id"]}
        )
        assert {a for _, a in project.history} == {action}
        assert project.planned(one_plan="on") == project.planned(one_plan="off") == {}
    assert [name for name, _ in project.history] == ["a"]
    # The ledger is what Nix reads while it answers the engine.
    assert found - {"ledger"} == {"nivis.state.json", "backup.tfstate", "nivis.auto.tfvars.json"}
