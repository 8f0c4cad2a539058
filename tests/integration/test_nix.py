"""The Nix driver against real Nix: odd paths, what is copied, partial output, debug lines."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from nivis_tofu.core.errors import NivisError, NixError
from nivis_tofu.core.redactor import Redactor
from nivis_tofu.nix import evaluate as module
from nivis_tofu.nix.evaluate import Nix
from nivis_tofu.nix.flake_copy import copy_flake
from nivis_tofu.nix.tree import library_path
from nivis_tofu.nix.watch import Watch
from nivis_tofu.system.locate import find_nix
from nivis_tofu.system.process import Completed

pytestmark = pytest.mark.nix

FLAKE = """{
  inputs.nivis.url = "github:wearetechnative/nivis";
  outputs = { self, nivis }: { nivis.plan = ledger: %s; };
}
"""


@pytest.fixture
def nix(tmp_path: Path) -> Nix:
    project = tmp_path / "ein schönes projekt"
    work = project / ".nivis"
    work.mkdir(parents=True)
    return Nix(exe=find_nix(os.environ), flake=".", attr="nivis.plan", project=project, work=work)


def write(nix: Nix, plan: str) -> None:
    (nix.project / "flake.nix").write_text(FLAKE % plan)


def test_ledger_goes_in_and_json_comes_out(nix: Nix) -> None:
    write(nix, "{ got = ledger.outputs; lib = builtins.isAttrs nivis.lib; }")
    value = {"a": ["${x}", "ü\n\"'", 1, None, True]}
    assert nix.evaluate({"outputs": value}).read() == {"got": value, "lib": True}
    assert not list((nix.work / "eval").iterdir()), "the ledger must not stay on disk"


def test_ledger_file_is_private_and_not_in_the_store(nix: Nix, monkeypatch: pytest.MonkeyPatch) -> None:
    write(nix, "1")
    seen: list[int] = []
    run = Nix.run

    def spy(self: Nix, argv: tuple[str, ...], cwd: Path, timeout: float | None = None) -> Completed:
        seen.append((self.work / "eval" / "ledger.json").stat().st_mode & 0o777)
        assert "s3cret" not in " ".join(argv)
        return run(self, argv, cwd, timeout)

    monkeypatch.setattr(Nix, "run", spy)
    nix.evaluate({"outputs": {"x": "s3cret"}})
    assert seen == [0o600]


def test_partial_output_of_a_failed_evaluation_is_not_trusted(nix: Nix) -> None:
    write(nix, '{ a = 1; b = throw "late"; }')
    with pytest.raises(NixError) as refused:
        nix.evaluate({})
    assert refused.value.diagnostics[0].summary == "late"


def test_restricted_evaluation_reads_no_other_file(nix: Nix, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("x")
    write(nix, f'builtins.readFile "{tmp_path}/other"')
    with pytest.raises(NixError) as refused:
        nix.evaluate({})
    assert "restricted mode" in refused.value.diagnostics[0].summary


def test_library_in_a_directory_with_an_odd_name(nix: Nix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = shutil.copytree(library_path(), tmp_path / "an ödd place" / "nixlib")
    monkeypatch.setattr(module, "library_path", lambda: odd)
    write(nix, 'nivis.lib.str [ "a" "b" ]')
    assert nix.evaluate({}).read() == "ab"


def test_every_process_is_told(nix: Nix) -> None:
    write(nix, "1")
    told: list[tuple[tuple[str, ...], int]] = []

    def ran(argv: tuple[str, ...], seconds: float, code: int) -> None:
        assert seconds > 0
        told.append((argv, code))

    nix = replace(nix, on_command=ran)
    nix.evaluate({})
    assert told == [(("nix", "eval"), 0)]
    write(nix, 'throw "once more with its steps"')
    nix = replace(nix)
    told.clear()
    with pytest.raises(NixError):
        nix.evaluate({})
    assert told[:2] == [(("nix", "eval"), 1)] * 2


def test_missing_directory(nix: Nix) -> None:
    nix = replace(nix, flake="nowhere")
    with pytest.raises(NivisError, match="No such flake"):
        nix.evaluate({})


@pytest.mark.parametrize(
    ("name", "copied"),
    [
        ("flake.nix", True),
        ("modules/net.nix", True),
        ("data.json", True),
        (".env", False),
        (".env.production", False),
        ("nivis.state.json", False),
        ("nivis.state.json.lock.info", False),
        ("terraform.tfstate.backup", False),
        ("prod.tfvars", False),
        ("nivis.auto.tfvars.json", False),
        ("next.tfplan", False),
        ("tls.key", False),
        ("tls.pem", False),
        (".nivis/ids.json", False),
        (".terraform/providers/x", False),
        ("mine.json", False),
        ("secrets.yaml", False),
        ("secrets.nix", True),
        ("id_rsa", False),
        ("id_rsa.pub", True),
        ("id_ed25519", False),
        (".ssh/config", False),
        (".netrc", False),
        (".aws/credentials", False),
        (".git-credentials", False),
        ("deploy/.npmrc", False),
    ],
)
def test_what_a_flake_copy_takes(tmp_path: Path, name: str, copied: bool) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    path = source / name
    path.parent.mkdir(parents=True)
    path.write_text("x")
    path.parent.chmod(0o755)
    path.chmod(0o644)
    copy_flake(source, target, keep_out=(source / "mine.json",))
    assert (target / name).exists() is copied


@pytest.mark.parametrize(
    ("flake", "folder", "mode", "name", "copied"),
    [
        (0o644, 0o755, 0o640, "data.json", True),
        (0o644, 0o755, 0o600, "data.json", False),
        (0o644, 0o755, 0o400, "net.nix", False),
        (0o644, 0o700, 0o644, "data.json", False),
        (0o644, 0o700, 0o644, "net.nix", True),
        # Who has even the flake private works with such a umask.
        (0o600, 0o700, 0o600, "net.nix", True),
        (0o600, 0o755, 0o600, "data.json", False),
        (0o600, 0o755, 0o644, "data.json", True),
    ],
)
def test_what_only_its_owner_may_read_stays_out(
    tmp_path: Path, flake: int, folder: int, mode: int, name: str, copied: bool
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    path = source / "modules" / name
    path.parent.mkdir(parents=True)
    for file, bits in ((path, mode), (source / "flake.nix", flake)):
        file.write_text("x")
        file.chmod(bits)
    path.parent.chmod(folder)
    copy_flake(source, target)
    assert (target / "flake.nix").exists()
    assert (target / "modules" / name).exists() is copied
    assert not [p for p in (target, *target.rglob("*")) if stat.S_IMODE(p.stat().st_mode) & 0o077]


def test_a_plan_file_is_left_out_whatever_its_name(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "friday").write_bytes(b"PK\x03\x04" + b"\0" * 26 + b"tfplan" + b"\0" * 100)
    (source / "photos.zip").write_bytes(b"PK\x03\x04" + b"\0" * 26 + b"cat.jpg" + b"\0" * 100)
    for file in source.iterdir():
        file.chmod(0o644)
    copy_flake(source, tmp_path / "target")
    assert [p.name for p in (tmp_path / "target").iterdir()] == ["photos.zip"]


def test_a_trace_shows_no_more_than_names_and_places(nix: Nix) -> None:
    write(
        nix,
        """let
    lib = nivis.lib;
    a = lib.mkResource { provider = "p"; type = "t"; name = "a"; };
    of = value: assert builtins.stringLength value < 3; value;
    note = lib.derived {
      inputs = [ (a.refAttr "id") ];
      render = v: builtins.addErrorContext "computed from ${builtins.head v}" (of (builtins.head v));
    };
  in lib.toIR {
    providers.p = lib.mkProvider { source = "s"; };
    resources = [ a (lib.mkResource { provider = "p"; type = "t"; name = "b"; config.${ledger.outputs."p.t.a".key} = note; }) ];
    inherit ledger;
  }""",
    )
    nix = replace(nix, redact=Redactor(["hush-hush", "key-of-secrets"]).redact)
    with pytest.raises(NixError) as refused:
        nix.evaluate({"outputs": {"p.t.a": {"id": "hush-hush", "key": "key-of-secrets"}}})
    (found,) = refused.value.diagnostics
    assert found.summary.startswith("assertion '")
    assert found.position
    assert (found.position.file, found.position.line) == ("flake.nix", 6)
    assert "while computing the derived value of 'p.t.b', config.(sensitive)" in found.detail
    for secret in ("hush-hush", "key-of-secrets", "computed from (sensitive)"):
        assert secret not in f"{found}{refused.value.raw}"


def test_a_trace_that_takes_too_long_is_given_up(nix: Nix, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRACE_SECONDS", 0.0)
    write(nix, 'throw "kaboom"')
    with pytest.raises(NixError) as refused:
        nix.evaluate({})
    (found,) = refused.value.diagnostics
    assert (found.summary, found.detail) == ("kaboom", "Nix could not evaluate the plan.")


VARS = {"zone": "a", "size": "b", "other": "c", "env": "d"}
ORIGIN = {"zone": "--var", "size": "--var", "other": "--var-file f.json", "env": "NIVIS_VAR_env"}


def test_what_is_read_is_traced_and_nothing_else_changes(nix: Nix) -> None:
    watch = Watch(ORIGIN)
    write(
        nix, "[ ledger.vars.zone (ledger.vars ? size) (builtins.attrNames ledger.vars) ledger.vars.env ledger.phase ]"
    )
    assert nix.evaluate({"phase": 1, "outputs": {}, "vars": VARS}, watch).read() == ["a", True, sorted(VARS), "d", 1]
    assert watch.unread == {"size", "other"}
    write(nix, "{ all = ledger.vars; }")
    nix = replace(nix)
    assert nix.evaluate({"outputs": {}, "vars": VARS}, watch).read() == {"all": VARS}
    assert watch.unread == set()


def test_declared_variables_count_as_read(nix: Nix) -> None:
    watch = Watch(ORIGIN)
    write(nix, "{ inherit (nivis.lib.mkVars { zone = { }; size.default = 1; } ledger.vars) zone; }")
    assert nix.evaluate({"outputs": {}, "vars": VARS}, watch).read() == {"zone": "a"}
    assert watch.unread == {"other"}


def test_own_traces_are_kept_and_ours_are_not(nix: Nix) -> None:
    watch = Watch(ORIGIN)
    write(nix, 'builtins.trace "zone ${ledger.vars.zone}" (throw "kaboom")')
    with pytest.raises(NixError) as refused:
        nix.evaluate({"outputs": {}, "vars": VARS}, watch)
    assert refused.value.raw == "trace: zone a"
    assert refused.value.diagnostics[0].summary == "kaboom"
    assert watch.unread == {"zone", "size", "other"}
    assert watch.warning() is None
