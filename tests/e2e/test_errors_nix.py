"""Where Nix fails: the resource and the place in the user's files come first, Nix's own text is whole below."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.e2e.project import Project, Result
from tests.e2e.test_errors_positions import line_of

pytestmark = [pytest.mark.engine, pytest.mark.nix]

# What the versions of Nix say of the same mistake.
NO_SET = r"(value is a list while a set was expected|expected a set but found a list: \[ «thunk» \])"
NO_LIST = r"(value is an integer while a list was expected|expected a list but found an integer: 5)"
RENDER = """b = data "b" (lib.derived {
        inputs = [ (a.refAttr "id") ];
        render = @render@;
      });"""


def git(project: Project, *line: str) -> None:
    command = ["git", "-c", "init.defaultBranch=main", *line]
    subprocess.run(command, cwd=project.directory, check=True, capture_output=True)


def said(result: Result, message: str, place: str, context: str) -> None:
    """The message, where it arose, in which value: each once, the first two as patterns."""
    lines = result.fails(context).stderr.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("error: "))
    assert re.fullmatch(f"error: {message}", lines[at]), lines
    assert re.match(rf"  at {place}( |$)", lines[at + 1]), lines
    assert "/nix/store" not in result.stderr
    assert result.stderr.count(lines[at]) == 1


@pytest.mark.parametrize(
    ("render", "message"),
    [
        ('x: throw "my own error"', "my own error"),
        ("{ x ? 1 }: x", NO_SET),
        ("x: builtins.head 5", NO_LIST),
    ],
)
def test_an_error_in_render(project: Project, render: str, message: str) -> None:
    project.flake("ir [ a b ] { }", let='a = data "a" "x"; ' + RENDER.replace("@render@", render))
    context = "while computing the derived value of 'terraform.terraform_data.b', config.input"
    said(project.run("apply"), message, rf"flake\.nix:{line_of(project, 'render =')}:\d+", context)


def test_an_error_in_a_file_of_a_flake_below_the_git_root(project: Project) -> None:
    below = project.directory / "live"
    (below / "lib").mkdir(parents=True)
    git(project, "init")
    project.flake('ir [ (data "a" (import ./lib/values.nix)) (data "b" (import ../shared.nix)) ] { }')
    (project.directory / "flake.nix").rename(below / "flake.nix")
    (below / "lib" / "values.nix").write_text("\n1 + builtins.head 5\n")
    (project.directory / "shared.nix").write_text("2")
    git(project, "add", ".")
    result = project.run("plan", "--flake", "live").fails()
    said(result, NO_LIST, r"lib/values\.nix:2:5", "while reading 'terraform.terraform_data.a', config.input")
    (below / "lib" / "values.nix").write_text("1")
    (project.directory / "shared.nix").write_text("builtins.head 5")
    result = project.run("plan", "--flake", "live").fails(f"at {project.directory}/shared.nix:1:1")
    assert re.search(NO_LIST, result.stderr)


DIRECT = """a = data "a" "x"; b = lib.mkResource {
        provider = "terraform"; type = "terraform_data"; name = "b";
        config = {
          triggers_replace = null;
          input = @value@;
        };
      };"""


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ('{ deep = [ { x = throw "no"; } ]; }', "no"),
        ('"for ${a.refAttr "id"}"', "cannot be made into a string"),
        ("{ deep = [ a ]; }", "config.input.deep.0: the resource 'terraform.terraform_data.a' is used as a value"),
        ("x: x", "a function cannot be written to the plan"),
        ('lib.derived { inputs = [ (lib.expr "x") ]; render = x: x; }', "a lib.expr is evaluated by the engine"),
    ],
)
def test_an_error_in_an_argument(project: Project, value: str, message: str) -> None:
    project.flake("ir [ a b ] { }", let=DIRECT.replace("@value@", value))
    place = f"  at flake.nix:{line_of(project, 'input = ' + value)}:"
    result = project.run("plan").fails(message, "'terraform.terraform_data.b', config.input")
    assert [line for line in result.stderr.splitlines() if line.startswith(place)], result.stderr


def test_errors_where_there_is_no_resource(project: Project) -> None:
    project.flake('ir [ (data "a" "x") ] { outputs.o = { x = [ (throw "no") ]; }; }')
    said(project.run("plan"), "no", r"flake\.nix:13:\d+", "while reading outputs.o.x.0")
    group = 'lib.whenKnown { name = "zones"; inputs = [ "x" ]; resources = { x ? 1 }: [ ]; }'
    project.flake(f"ir [ ({group}) ] {{ }}")
    place = f"at flake.nix:{line_of(project, 'zones')}:"
    project.run("plan").fails(place, "while making the resources of lib.whenKnown 'zones'")


def test_secrets_do_not_come_with_the_steps(project: Project) -> None:
    project.flake(
        "ir [ a b ] { }",
        let="""vars = lib.mkVars { pw = { sensitive = true; }; } ledger.vars;
      a = data "a" vars.pw;
      b = data "b" (lib.derived {
        inputs = [ vars.pw (a.refAttr "id") ];
        render = v: throw "not with ${builtins.head v}";
      });""",
    )
    result = project.run("apply", "--var", "pw=hush-hush-hush").fails("while computing the derived value of")
    assert "hush-hush" not in result.stderr


@pytest.mark.parametrize("ignored", [False, True])
def test_a_file_that_git_does_not_track(project: Project, ignored: bool) -> None:
    git(project, "init")
    project.flake('ir [ (data "a" (import ./my mod.nix)) ] { }'.replace("./my mod.nix", '(./. + "/my mod.nix")'))
    (project.directory / "my mod.nix").write_text("1")
    if ignored:
        (project.directory / ".gitignore").write_text("my*\n")
    git(project, "add", "flake.nix")
    force = "--force " if ignored else ""
    project.refused(
        "error: my mod.nix is not known to git",
        "Nix sees only files that git tracks",
        f"hint: Run `git add {force}'my mod.nix'`",
        f"at flake.nix:{line_of(project, 'my mod')}:",
    )
    assert ("git is told to ignore it" in project.run("plan").stderr) is ignored
    git(project, "add", "--force", "my mod.nix")
    project.run("plan").ok()


@pytest.mark.parametrize("name", ["server.key", "sub/prod.tfvars"])
def test_a_file_that_is_kept_out_of_the_store(project: Project, name: str) -> None:
    project.flake(f'ir [ (data "a" (builtins.readFile ./{name})) ] {{ }}')
    (project.directory / name).parent.mkdir(exist_ok=True)
    (project.directory / name).write_text("hush-hush")
    result = project.refused(
        f"error: {name} is kept from Nix",
        "hint: Pass a secret as a variable",
        f"at flake.nix:{line_of(project, name)}:",
    )
    assert "hush-hush" not in result.stderr


def test_a_file_that_is_nowhere(project: Project) -> None:
    git(project, "init")
    project.flake('ir [ (data "a" (import ./nowhere.nix)) ] { }')
    git(project, "add", "flake.nix")
    result = project.refused("'nowhere.nix'", f"at flake.nix:{line_of(project, 'nowhere')}:", "Check the path")
    assert "git add" not in result.stderr


def test_a_syntax_error_inside_git(project: Project) -> None:
    git(project, "init")
    project.flake('ir [ (data "a" 1 ] { }')
    git(project, "add", "flake.nix")
    line = line_of(project, 'data "a"')
    result = project.refused(
        "error: syntax error, unexpected ']', expecting ')' at flake.nix:",
        f"at flake.nix:{line}:",
        "The flake does not evaluate.",
    )
    assert "/nix/store" not in result.stderr


def test_eval_says_nothing_about_the_lock_file(project: Project) -> None:
    project.chain()
    result = project.run("eval", "ir.nosuch").fails("error: attribute 'nosuch' missing", "at EXPR:1:1")
    assert "lock file" not in result.stderr
    assert "override-input" not in result.stderr


@pytest.mark.parametrize(
    ("meta", "hint"),
    [
        ("dependOn = [ a ]", "dependsOn"),
        ('depends_on = [ "terraform_data.a" ]', "dependsOn"),
        ("dependsOn_ = [ a ]", "dependsOn"),
        ("lifecyle.preventDestroy = true", "lifecycle"),
        ("lifeCycle.replaceTriggeredBy = [ a ]", "lifecycle"),
        ('timeout.create = "5m"', "timeouts"),
    ],
)
def test_misspelt_meta_arguments(project: Project, meta: str, hint: str) -> None:
    project.flake("ir [ a b ] { }", let=f'a = data "a" "x"; b = data "b" "y" // {{ meta = {{ {meta}; }}; }};')
    name = meta.split(" ")[0].split(".")[0]
    project.refused(
        "error: Unknown meta-argument at terraform.terraform_data.b, flake.nix:",
        f"there is no meta.{name}. hint: Did you mean `{hint}`?",
    )


def test_other_meta_arguments(project: Project) -> None:
    project.flake("ir [ a b ] { }", let='a = data "a" "x"; b = data "b" "y" // { meta.bundle = [ a ]; };')
    project.refused("error: A resource where a value is expected", "meta.bundle holds a resource")
    project.flake("ir [ a b ] { }", let='a = data "a" "x"; b = data "b" "y" // { meta.bundle = 1; };')
    project.run("plan").fails('No argument or block type is named "bundle"')


@pytest.mark.parametrize(
    "let",
    [
        'b = data "b" (lib.derived { inputs.idx = a.refAttr "id"; render = { id }: id; });',
        'b = data "b" (lib.derived { inputs = [ (a.refAttr "id") ]; render = { id }: id; });',
        'b = data "b" (lib.derived { inputs.id = a.refAttr "id"; render = { }: "x"; });',
        'b = lib.whenKnown { inputs.id = a.refAttr "id"; resources = { idx }: [ ]; };',
        'b = lib.whenKnown { inputs = [ (a.refAttr "id") ]; resources = 5; };',
        'b = lib.mkResources { provider = "terraform"; type = "terraform_data"; name = "b"; count = 2; config = { x }: { }; };',
        "b = (lib.evalModules { modules = [ ({ nosuch }: { }) ]; }).resources;",
        'b = data "b" (builtins.head (a.refAttr "id"));',
        "b = lib.mkResource a b;",
    ],
)
def test_a_function_called_with_something_else_shows_nothing_of_the_library(project: Project, let: str) -> None:
    project.flake("ir [ a b ] { }", let=f'a = data "a" "x"; {let}')
    failed = project.run("apply").fails()
    for inside in ("/internal/", "source/internal", "addErrorContext", "inputs.value", "group.resources"):
        assert inside not in failed.stderr, failed.stderr
    assert failed.stderr.count("error: ") >= 1
