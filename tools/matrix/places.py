"""Where a row runs: this machine, a container, or a chroot. Commands find the directory `scratch` as `seen` there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.steps import SetupError, apt_install, output_of, run_alive

PACKAGES = ("nix-bin", "git", "ca-certificates", "curl", "make", "procps", "python3", "python3-venv")
INSTALL = f"DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends {' '.join(PACKAGES)}"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
DEBIAN = "http://deb.debian.org/debian"
SEEN = Path("/matrix")
# A chroot in namespaces of its own: what is mounted there, and what still runs, goes with the command.
ENTER = """\
set -eu
root=$1 scratch=$2; shift 2
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mkdir -p "$root/matrix"
mount --bind "$scratch" "$root/matrix"
exec chroot "$root" "$@"
"""


class AbsentError(Exception):
    """Cannot be had here; the text says why and what would help."""


@dataclass(frozen=True, slots=True)
class Place:
    """`argv` goes before every command; commands find `scratch` at `seen`."""

    scratch: Path
    seen: Path
    argv: Sequence[str | Path] = ()

    def command(self, target: str, settings: Mapping[str, str]) -> list[str]:
        """`make TARGET` in the clone, with a HOME of the row's own and the settings given."""
        env = [f"{name}={value}" for name, value in {**settings, "HOME": str(self.seen / "home")}.items()]
        clone = self.seen / "nivis"
        return [
            *map(str, self.argv),
            "env",
            *(f"-u{name}" for name in _left_out()),
            *env,
            "make",
            "-C",
            str(clone),
            target,
        ]


def here(scratch: Path) -> Place:
    return Place(scratch, scratch)


def debian(suite: str, scratch: Path, cache: Path) -> Place:
    """A machine with this Debian. Raises AbsentError."""
    reasons = []
    for way in (_container, _chroot):
        try:
            return way(suite, scratch, cache)
        except (AbsentError, SetupError) as error:
            reasons.append(str(error).splitlines()[-1])
    raise AbsentError("; ".join(reasons))


def _container(suite: str, scratch: Path, cache: Path) -> Place:
    exe = next((name for name in ("docker", "podman") if output_of([name, "info"]) and _serves(name)), None)
    if exe is None:
        raise AbsentError("neither docker nor podman works here")
    image = f"nivis-matrix:{suite}"
    with tempfile.TemporaryDirectory() as context:
        lines = f"FROM docker.io/library/debian:{suite}\nRUN apt-get update && {INSTALL}\n"
        Path(context, "Containerfile").write_text(lines, encoding="utf-8")
        run_alive([exe, "build", "-q", "-t", image, "-f", f"{context}/Containerfile", context], f"{exe} build {image}")
    return Place(scratch, SEEN, [exe, "run", "--rm", "--network=host", f"--volume={scratch}:{SEEN}", image])


def _serves(exe: str) -> bool:
    """Whether there is somebody behind the command: `docker info` answers without a daemon too."""
    return subprocess.run([exe, "ps"], capture_output=True).returncode == 0


def _chroot(suite: str, scratch: Path, cache: Path) -> Place:
    if os.geteuid() != 0:
        raise AbsentError("a chroot needs root")
    if not shutil.which("debootstrap") and not apt_install("debootstrap"):
        raise AbsentError("a chroot needs debootstrap")
    root = cache / f"debian-{suite}"
    if not root.is_dir():
        _bootstrap(suite, root)
    if CERTIFICATES.is_file():
        # With those of this machine the chroot trusts whom this machine trusts, a proxy for example.
        shutil.copyfile(CERTIFICATES, root / CERTIFICATES.relative_to("/"))
    inside: list[str | Path] = [
        "unshare",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "sh",
        "-c",
        ENTER,
        "enter",
        root,
        scratch,
    ]
    return Place(scratch, SEEN, inside)


def _bootstrap(suite: str, root: Path) -> None:
    root.parent.mkdir(parents=True, exist_ok=True)
    # Under its own name only when it is complete.
    fresh = Path(tempfile.mkdtemp(dir=root.parent, prefix="new-"))
    fresh.chmod(0o755)
    base: list[str | Path] = ["debootstrap", "--variant=minbase", "--include=ca-certificates", suite, fresh, _mirror()]
    # Not by `--include`: debootstrap configures in an order of its own, at which packages with much below them fail.
    # A mirror may be a snapshot, whose signature is right and whose date is over.
    update = "apt-get -o Acquire::Check-Valid-Until=false update"
    install: list[str | Path] = ["chroot", fresh, "sh", "-c", f"{update} && {INSTALL}"]
    try:
        run_alive(base, f"debootstrap {suite}")
        run_alive(install, f"apt-get install in {suite}")
        fresh.rename(root)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _mirror() -> str:
    """The Debian mirror that apt uses here."""
    sources = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
    text = "\n".join(file.read_text(encoding="utf-8") for file in sources if file.is_file())
    found = re.search(r"^(?:URIs:|deb(?: \[.*?\])?)\s+(\S+/debian)/?\s", text, re.M)
    return found[1] if found else DEBIAN


def _left_out() -> list[str]:
    """What of this environment is about this machine or another configuration."""
    return [name for name in os.environ if name.startswith(("NIVIS_", "TF_", "XDG_", "PYTHON", "MAKE", "MFLAGS"))]
