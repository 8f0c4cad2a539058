"""The Nix driver against real Nix: odd paths, what is copied, partial output, debug lines."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from nivis_tofu import nix as module
from nivis_tofu.errors import NivisError, NixError
from nivis_tofu.nix import Nix, copy_flake, library_path, without_own_remarks
from nivis_tofu.process import Completed
from nivis_tofu.toolchain import find_nix

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
    assert nix.evaluate({"outputs": value}) == {"got": value, "lib": True}
    assert not list((nix.work / "eval").iterdir()), "the ledger must not stay on disk"


def test_ledger_file_is_private_and_not_in_the_store(nix: Nix, monkeypatch: pytest.MonkeyPatch) -> None:
    write(nix, "1")
    seen: list[int] = []
    run = Nix._run

    def spy(self: Nix, argv: tuple[str, ...], cwd: Path) -> Completed:
        seen.append((self.work / "eval" / "ledger.json").stat().st_mode & 0o777)
        assert "s3cret" not in " ".join(argv)
        return run(self, argv, cwd)

    monkeypatch.setattr(Nix, "_run", spy)
    nix.evaluate({"outputs": {"x": "s3cret"}})
    assert seen == [0o600]


def test_partial_output_of_a_failed_evaluation_is_not_trusted(nix: Nix) -> None:
    write(nix, '{ a = 1; b = throw "late"; }')
    with pytest.raises(NixError) as refused:
        nix.evaluate({})
    assert "error: late" in refused.value.raw


def test_restricted_evaluation_reads_no_other_file(nix: Nix, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("x")
    write(nix, f'builtins.readFile "{tmp_path}/other"')
    with pytest.raises(NixError) as refused:
        nix.evaluate({})
    assert "restricted mode" in refused.value.raw


def test_library_in_a_directory_with_an_odd_name(nix: Nix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = shutil.copytree(library_path(), tmp_path / "an ödd place" / "nixlib")
    monkeypatch.setattr(module, "library_path", lambda: odd)
    write(nix, 'nivis.lib.str [ "a" "b" ]')
    assert nix.evaluate({}) == "ab"


def test_every_process_is_told(nix: Nix) -> None:
    write(nix, "1")
    told: list[tuple[tuple[str, ...], int]] = []
    nix.on_command = lambda argv, seconds, code: told.append((argv, code)) if seconds > 0 else None
    nix.evaluate({})
    assert told == [(("nix", "eval"), 0)]


def test_missing_directory(nix: Nix) -> None:
    nix.flake = "nowhere"
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
    ],
)
def test_what_a_flake_copy_takes(tmp_path: Path, name: str, copied: bool) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    path = source / name
    path.parent.mkdir(parents=True)
    path.write_text("x")
    copy_flake(source, target, keep_out=(source / "mine.json",))
    assert (target / name).exists() is copied


def test_a_plan_file_is_left_out_whatever_its_name(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "friday").write_bytes(b"PK\x03\x04" + b"\0" * 26 + b"tfplan" + b"\0" * 100)
    (source / "photos.zip").write_bytes(b"PK\x03\x04" + b"\0" * 26 + b"cat.jpg" + b"\0" * 100)
    copy_flake(source, tmp_path / "target")
    assert [p.name for p in (tmp_path / "target").iterdir()] == ["photos.zip"]


def test_remarks_on_our_own_flags_are_taken_out() -> None:
    text = (
        "warning: not writing modified lock file of flake 'path:.':\n"
        "• Added input 'nivis':\n    'path:/lib?narHash=x'\n"
        "warning: the user's own\n"
        "error: boom\n\n       at /x/flake.nix:1:1:\n"
    )
    assert without_own_remarks(text) == "warning: the user's own\nerror: boom\n\n       at /x/flake.nix:1:1:"
