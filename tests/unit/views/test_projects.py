from __future__ import annotations

import json
from pathlib import Path

from nivis_tofu.authoring.adopt import Adopted
from nivis_tofu.authoring.convert_files import Written
from nivis_tofu.authoring.gen import Generated
from nivis_tofu.authoring.scaffold import Scaffolded
from nivis_tofu.core.errors import ExitCode
from nivis_tofu.insight.doctor import Finding
from nivis_tofu.manage.init import Initialised
from nivis_tofu.manage.providers_used import Used
from nivis_tofu.run.export import Exported
from nivis_tofu.views import projects
from nivis_tofu.views.human import Style

PLAIN = Style()
OUT = Path("o")


def test_a_new_project_says_what_comes_next() -> None:
    made = Scaffolded((Path("flake.nix"),), (Path(".gitignore"),))
    rows = " + flake.nix\n = .gitignore  kept, it was there already\n\n"
    assert projects.scaffolded(made, in_git=False).text(PLAIN) == f"{rows}Next: `nivis plan`.\n"
    page = projects.scaffolded(made, in_git=True)
    assert page.text(PLAIN) == f"{rows}Next: `git add .`, then `nivis plan`.\n"
    assert json.loads(page.document()) == {"version": 1, "created": ["flake.nix"], "kept": [".gitignore"]}


def test_initialised() -> None:
    page = projects.initialised(Initialised("local", (("s/a", "1"), ("s/b", ""))))
    assert page.text(PLAIN) == "Initialised. State: backend `local`.\n s/a  1\n s/b  not locked\n"
    assert json.loads(page.document())["providers"] == {"s/a": "1", "s/b": ""}


def test_generated() -> None:
    page = projects.generated(Generated(2, 1, "s/a", "1.0"), OUT)
    assert page.text(PLAIN) == "Wrote 2 resource(s) and 1 data source(s) of s/a to o.\n"
    assert json.loads(page.document()) == {"version": 1, "source": "s/a", "resources": 2, "data": 1, "out": "o"}


def test_stored() -> None:
    given = (Generated(2, 1, "h/s/a", "1.0"), "a", Path("/nix/store/x-source"), "inputs.a = { };")
    known = projects.stored(*given, declared=True).text(PLAIN)
    assert known.endswith("of h/s/a 1.0 to the Nix store, where flake.nix has them.\n")
    page = projects.stored(*given, declared=False)
    assert page.text(PLAIN) == (
        "Wrote 2 resource(s) and 1 data source(s) of h/s/a 1.0 to the Nix store. In flake.nix:\n"
        "  inputs.a = { };\n  a = inputs.a.lib { inherit lib; };\n"
    )
    assert json.loads(page.document()) == {
        "version": 1, "source": "h/s/a", "provider_version": "1.0", "resources": 2, "data": 1,
        "path": "/nix/store/x-source", "input": "inputs.a = { };",
    }  # fmt: skip


def test_what_could_not_be_converted_is_talk() -> None:
    page = projects.converted(Written(("flake.nix",), (("main.tf:3", "a loop"),)), OUT)
    assert page.text(PLAIN) == "Wrote o/flake.nix\n"
    assert page.after(PLAIN) == "look at main.tf:3: a loop\n"
    assert json.loads(page.document())["not_converted"] == [{"what": "main.tf:3", "reason": "a loop"}]


def test_adopted() -> None:
    page = projects.adopted(Adopted(("t.x.a",)))
    assert page.text(PLAIN) == "Adopted 1 resource(s) into flake.nix; the plan has no changes:\n = t.x.a\n"
    assert page.after(PLAIN) == ""
    page = projects.adopted(Adopted(("t.x.a",), (("x.b", "a loop"),), Path("b"), 2))
    assert "the plan is what it was, 2 change(s)" in page.text(PLAIN)
    assert page.text(PLAIN).endswith(
        "\n\n1 stay in their .tf files, which are part of the configuration (rootModule):\n   x.b: a loop\n"
    )
    assert page.after(PLAIN) == "The files as they were: b\n"
    assert json.loads(page.document())["staying"] == {"x.b": "a loop"}


def test_rendered() -> None:
    found = Exported(("main.tf.json",), ("t.x.a",), 1, ("password",))
    page = projects.rendered(found, OUT, secrets=False)
    assert page.text(PLAIN) == "o/main.tf.json\n"
    assert page.before(PLAIN).splitlines() == [
        "left out, it waits for outputs: t.x.a",
        "1 sensitive variable(s) are declared without a value.",
        "backend setting `password` is sensitive: give it to `tofu init -backend-config`.",
    ]
    assert "declared" not in projects.rendered(found, OUT, secrets=True).before(PLAIN)
    assert json.loads(page.document())["held"] == ["t.x.a"]


def test_providers() -> None:
    used = Used("aws", "s/aws", "5", "~> 5", ("aws.t.a",)), Used("", "s/old", "", "", ())
    page = projects.providers(used)
    assert page.text(PLAIN) == "aws  s/aws  5, wanted ~> 5\n   aws.t.a\n(only in the state)  s/old  not locked\n"
    assert projects.providers(()).text(PLAIN) == "No providers declared.\n"
    assert json.loads(page.document())["providers"][0]["users"] == ["aws.t.a"]


def test_the_doctor_gives_the_fix_and_the_exit_code() -> None:
    found = Finding("Nix", "ok", "2.8"), Finding("engine", "missing", "none", "get it")
    page = projects.doctor(found, well=False)
    assert page.text(PLAIN).splitlines() == [
        " ✓ Nix: 2.8",
        " - engine: missing: none",
        "     fix: get it",
        "Something that is needed is missing.",
    ]
    assert page.code is ExitCode.ERROR
    well = projects.doctor(found[:1], well=True)
    assert well.text(PLAIN).endswith("Everything needed is there.\n")
    assert well.code is ExitCode.OK
