"""completion, in real shells: what a user sees after pressing tab."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
from pathlib import Path

import pytest

from nivis_tofu.cli import state_verbs
from tests.e2e.project import NIVIS, Project
from tools.steps import apt_install

A, B = "terraform.terraform_data.a", "terraform.terraform_data.b"


@pytest.fixture
def with_ids(project: Project) -> Project:
    """A project whose last run knew two ids; the shells find `nivis` on PATH."""
    folder = project.directory / ".nivis"
    folder.mkdir()
    (folder / "outputs.json").write_text(json.dumps(["bucket_arn"]))
    names = {"ids": {A: "t", B: "t"}, "attributes": {"t": ["id", "output"]}, "variables": ["region", "size"]}
    (folder / "names.json").write_text(json.dumps(names))
    (project.directory / "terraform.tfstate.d" / "prod").mkdir(parents=True)
    (folder / "ids.json").write_text(json.dumps({"terraform_data.a": A, "terraform_data.b": B}))
    project.env = {**project.env, "PATH": f"{NIVIS.parent}:{project.env['PATH']}"}
    return project


def shell(name: str) -> str:
    if not shutil.which(name) and not apt_install(name):
        pytest.fail(f"{name} is not installed, and could not be installed")
    found = shutil.which(name)
    assert found
    return found


def script(project: Project, name: str) -> Path:
    path = project.directory.parent / f"nivis.{name}"
    path.write_text(project.run("completion", name).ok().stdout)
    return path


def run(project: Project, argv: list[str]) -> list[str]:
    done = subprocess.run(
        argv,
        cwd=project.directory,
        env=project.env,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return [line for line in done.stdout.splitlines() if line]


def bash(project: Project, words: str) -> list[str]:
    """What bash would offer: COMP_WORDS as readline fills it."""
    code = f"""
        source '{script(project, "bash")}'
        COMP_WORDS=({words} "${{LAST-}}"); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        _nivis
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    return run(project, [shell("bash"), "--norc", "-c", code])


def test_bash_offers_verbs_options_and_ids(with_ids: Project) -> None:
    project = with_ids
    assert {"plan", "apply", "state", "doctor"} <= set(bash(project, "nivis"))
    assert "__complete" not in bash(project, "nivis")
    assert {"rm", "mv", "show"} <= set(bash(project, "nivis state"))
    assert bash(project, "nivis state show") == [A, B]
    assert bash(project, "nivis graph --format")[:1] == ["text"]
    assert bash(project, "nivis output") == ["bucket_arn"]
    assert bash(project, "nivis workspace select") == ["default", "prod"]
    assert "plan" in bash(project, "nivis help")
    assert set(bash(project, "nivis init --template")) == {
        "minimal",
        "aws",
        "multi-phase",
        "modules",
        "environments",
        "nixpkgs",
    }
    assert bash(project, "nivis apply -replace") == [A, B]
    assert bash(project, "nivis apply -var") == ["region=", "size="]
    assert bash(project, "nivis plan") == bash(project, "nivis plan --parallelism") == []
    assert bash(project, "nivis state rm --lock-timeout 5s") == [A, B]
    assert bash(project, "nivis apply --replace") == [A, B]
    project.env["LAST"] = "--par"
    assert bash(project, "nivis apply") == ["--parallelism"]
    project.env["LAST"] = "-par"
    assert bash(project, "nivis apply") == ["-parallelism"]
    project.env["LAST"] = "="
    assert bash(project, "nivis apply -target") == [A, B]
    assert bash(project, "nivis graph --format")[:1] == ["text"]
    assert bash(project, "nivis apply -var region") == []
    project.env["LAST"] = "te"
    assert bash(project, "nivis graph --format =") == ["text"]
    project.env["LAST"] = "--format=te"  # where COMP_WORDBREAKS has no `=`
    assert bash(project, "nivis graph") == ["--format=text"]
    project.env["LAST"] = f"{A}."
    assert bash(project, "nivis why") == [f"{A}.id", f"{A}.output"]
    project.env["LAST"] = "terraform.terraform_data.b"
    assert bash(project, "nivis taint") == [B]


def test_bash_has_the_completion_registered(with_ids: Project) -> None:
    code = f"source '{script(with_ids, 'bash')}'; complete -p nivis"
    assert run(with_ids, [shell("bash"), "--norc", "-c", code]) == ["complete -F _nivis nivis"]


def fish(project: Project, line: str) -> list[str]:
    code = f"source '{script(project, 'fish')}'; complete -C '{line}'"
    return [offer.split("\t")[0] for offer in run(project, [shell("fish"), "--no-config", "-c", code])]


def test_fish_offers_verbs_options_and_ids(with_ids: Project) -> None:
    assert {"plan", "apply", "state", "doctor"} <= set(fish(with_ids, "nivis "))
    assert {"rm", "mv", "show"} <= set(fish(with_ids, "nivis state "))
    assert set(fish(with_ids, "nivis state show ")) == {A, B}
    assert set(fish(with_ids, "nivis apply --replace ")) == {A, B}
    assert fish(with_ids, "nivis apply --par") == ["--parallelism"]
    assert fish(with_ids, "nivis output ") == ["bucket_arn"]
    assert "text" in fish(with_ids, "nivis graph --format ")
    assert fish(with_ids, "nivis apply -par") == ["-parallelism"]
    assert fish(with_ids, "nivis apply --var ") == ["region=", "size="]
    assert fish(with_ids, "nivis apply -target=terraform.terraform_data.b") == [f"-target={B}"]
    assert fish(with_ids, "nivis graph --format=te") == ["--format=text"]
    assert fish(with_ids, "nivis why b.o") == ["b.output"]
    assert fish(with_ids, "nivis plan ") == []
    offered = fish(with_ids, "nivis plan -")
    assert "--target" in offered
    assert "-target" not in offered


ZSH = """
import os, pty, sys, time, select
pid, master = pty.fork()
if pid == 0:
    os.execvpe(sys.argv[1], [sys.argv[1], "-f", "-i"], {**os.environ, "TERM": "dumb", "PS1": "> "})
def wait(text, seconds=20):
    seen, end = "", time.monotonic() + seconds
    while text not in seen and time.monotonic() < end:
        if select.select([master], [], [], 0.1)[0]:
            seen += os.read(master, 65536).decode(errors="replace")
    return seen
def type_(text): os.write(master, text.encode())
type_("stty -echo; unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; LISTMAX=9999; "
      "setopt no_beep; source '%s'; echo rea''dy\\n" % sys.argv[2])
wait("ready")
type_(sys.argv[3] + "\\t\\t")
print(wait(sys.argv[4], 20))
os.close(master)
"""


def zsh(project: Project, line: str, until: str) -> str:
    """What zsh shows after two tabs, in a terminal of its own."""
    code = [shutil.which("python3") or "python3", "-c", ZSH, shell("zsh"), str(script(project, "zsh")), line, until]
    return " ".join(run(project, code))


def test_zsh_offers_verbs_options_and_ids(with_ids: Project) -> None:
    about = (state_verbs.taint.__doc__ or "").split(".")[0]
    words = " ".join(about.split()[:4])  # a narrow terminal cuts the line
    assert words in zsh(with_ids, "nivis ", words)
    assert "replace-provider" in zsh(with_ids, "nivis state ", "replace-provider")
    assert B in zsh(with_ids, "nivis state show ", B)
    assert "parallelism" in zsh(with_ids, "nivis apply --par", "--parallelism")
    assert "bucket_arn" in zsh(with_ids, "nivis output ", "bucket_arn")
    assert "mermaid" in zsh(with_ids, "nivis graph --format ", "mermaid")
    assert "-parallelism" in zsh(with_ids, "nivis apply -par", "-parallelism")
    assert "size=" in zsh(with_ids, "nivis apply --var=", "size=")
    assert f"{B}.output" in zsh(with_ids, f"nivis why {B}.", f"{B}.output")
    assert "mermaid" in zsh(with_ids, "nivis graph -format=", "mermaid")


def test_ids_come_fast_and_without_anything_heavy(with_ids: Project) -> None:
    code = "import sys; from nivis_tofu.cli.complete_ids import main; main([]); sys.exit('typer' in sys.modules)"
    started = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [NIVIS.with_name("python"), "-c", code], cwd=with_ids.directory, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stdout.splitlines() == [A, B]
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ended.ru_utime - started.ru_utime < 1


def test_ids_of_another_directory(with_ids: Project) -> None:
    elsewhere = with_ids.directory.parent
    done = with_ids.run("__complete", "state", "show", "--flake", str(with_ids.directory), cwd=elsewhere).ok()
    assert done.stdout.splitlines() == [A, B]
    assert with_ids.run("__complete", cwd=elsewhere).ok().stdout == ""


ODD = [
    "t.t.a$(touch PWNED)", "t.t.b`touch PWNED`", "t.t.c d  e", "t.t.d$HOME", "t.t.e;touch PWNED", "t.t.f'g\"h", "t.t.g:h",
    "t.t.i\\j", "t.t.k*", 't.t.l["m"]', "t.t.n&touch PWNED", "t.t.oé", "t.t.q#r",
]  # fmt: skip

IN_A_TERMINAL = """
import json, os, pty, select, sys, time
pid, master = pty.fork()
if pid == 0:
    os.execvpe(sys.argv[1], sys.argv[1:2] + sys.argv[4:], {**os.environ, "TERM": "dumb"})
def type_and_wait(text, until):
    os.write(master, text.encode())
    seen, end = b"", time.monotonic() + 15
    while until not in seen and time.monotonic() < end:
        if select.select([master], [], [], 0.1)[0]:
            seen += os.read(master, 65536)
type_and_wait(sys.argv[2] + "; echo rea''dy\\n", b"ready")
for number, line in enumerate(json.loads(sys.argv[3])):
    type_and_wait(line + "\\t x\\necho do''ne%d\\n" % number, b"done%d" % number)
os.close(master)
"""
"""Types lines in a shell, and after each tab, another word and enter."""

SHOW = """nivis() { if [ "$1" = __complete ]; then command nivis "$@"; else printf '<%s>' "$@" >> args; echo >> args; fi; }"""
FISH_SHOW = """function nivis; if test $argv[1] = __complete; command nivis $argv
    else; printf '<%s>' $argv >> args; echo >> args; end; end"""
SHELLS = {
    "bash": (f"bind 'set bell-style none'; {SHOW}; source 'SCRIPT'", ["--norc", "-i"]),
    "zsh": (f"setopt nobeep; autoload -Uz compinit; compinit -u -D; {SHOW}; source 'SCRIPT'", ["-f", "-i"]),
    "fish": (f"{FISH_SHOW}; source 'SCRIPT'", ["--no-config", "-i"]),
}


@pytest.fixture
def odd_ids(with_ids: Project) -> Project:
    known = {f"x.{number}": name for number, name in enumerate([*ODD, "t.t.s\nt.t.t", "t.t.u\x1b[2J", ""])}
    (with_ids.directory / ".nivis" / "ids.json").write_text(json.dumps(known))
    return with_ids


def completed(project: Project, name: str, *typed: str) -> list[str]:
    """The words that a command gets after each line, tab and enter; `<one><two>`."""
    setup, options = SHELLS[name]
    python = shutil.which("python3") or "python3"
    setup = setup.replace("SCRIPT", str(script(project, name)))
    run(project, [python, "-c", IN_A_TERMINAL, shell(name), setup, json.dumps(typed), *options])
    assert not (project.directory / "PWNED").exists()
    return (project.directory / "args").read_text().splitlines()


@pytest.mark.parametrize("name", SHELLS)
def test_any_id_is_completed_and_never_run(odd_ids: Project, name: str) -> None:
    typed = [f"nivis taint {id_[:5]}" for id_ in ODD]
    assert completed(odd_ids, name, *typed) == [f"<taint><{id_}><x>" for id_ in ODD]


QUOTED = [
    (r"t.t.a\$\(t", ODD[0]),
    (r'"t.t.a\$(t', ODD[0]),
    ("'t.t.a$(t", ODD[0]),
    ('"t.t.b', ODD[1]),
    (r"t.t.c\ d\ ", ODD[2]),
    ("'t.t.c d", ODD[2]),
    ('t.t."c d ', ODD[2]),
    ("'t.t.f", ODD[5]),
    ('"t.t.f', ODD[5]),
    ("t.t.g:", ODD[6]),
    (r"t.t.i\\", ODD[7]),
]


def test_bash_knows_how_a_word_is_quoted(odd_ids: Project) -> None:
    typed = [f"nivis taint {word}" for word, _ in QUOTED]
    assert completed(odd_ids, "bash", *typed) == [f"<taint><{id_}><x>" for _, id_ in QUOTED]


def test_bash_leaves_alone_what_the_shell_will_replace(odd_ids: Project) -> None:
    odd_ids.env["LEVEL"] = "info"
    typed = ("nivis taint t.t.d$", 'nivis --log-level "$LEVEL" taint t.t.d')
    expected = ["<taint><t.t.d$><x>", f"<--log-level><info><taint><{ODD[3]}><x>"]
    assert completed(odd_ids, "bash", *typed) == expected


def test_ids_that_are_no_line_of_text_are_left_out(odd_ids: Project) -> None:
    assert odd_ids.run("__complete").ok().stdout.splitlines() == sorted(ODD)


@pytest.mark.engine
@pytest.mark.nix
def test_a_plan_notes_the_names(project: Project) -> None:
    project.flake(
        "ir [ a ] { }",
        let="""vars = (lib.mkVars { region = { default = "x"; }; size = { default = 1; }; } ledger.vars);
               a = data "a" vars.region;""",
    )
    project.run("plan", "--var", "region=y").ok()
    assert project.run("__complete", "apply", "--var").ok().stdout.split() == ["region=", "size="]
    offered = project.run("__complete", "--current=a.", "why").ok().stdout.split()
    assert {"a.id", "a.input", "a.output"} <= set(offered)
    project.run("workspace", "new", "blue").ok()
    assert project.run("__complete", "workspace", "select").ok().stdout.split() == ["blue", "default"]
    project.run("workspace", "select", "default").ok()
    project.run("workspace", "delete", "blue").ok()
    assert project.run("__complete", "workspace", "select").ok().stdout.split() == ["default"]
