"""Put the pinned OpenTofu into the cache; whatever happens on the way, no half of one is ever found there."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.release import signature, transfer
from nivis_tofu.release.pinned import MIRROR, RELEASES, Release
from nivis_tofu.release.transfer import Progress, UnavailableError
from nivis_tofu.system import process

LOCK = "setup.lock"
_PARTS = "downloads"
Tell = Callable[[str], None]


@immutable
class Cache:
    """Where engines are kept, and how what happens there is told."""

    root: Path
    env: Mapping[str, str]
    tell: Tell = lambda _: None
    progress: Progress = lambda *_: None

    def place(self, version: str) -> Path:
        """Where `system.locate` looks for an engine of this version."""
        return self.root / f"tofu-{version}" / "tofu"


def works(exe: Path, version: str, env: Mapping[str, str]) -> bool:
    """Whether it runs here and has this version."""
    try:
        said = process.run((str(exe), "version"), cwd=exe.parent, env=env, timeout=60).stdout
    except (NivisError, OSError):
        return False
    # Not the first line: a CLI configuration that is missing is complained about before it.
    return f"OpenTofu v{version}" in said.splitlines()


def install(release: Release, cache: Cache, make: Callable[[Path], None] | None = None) -> Path:
    """The binary of the release in the cache. `make` writes it to a path; without it, it is downloaded.

    Raises NivisError; UnavailableError where the release is not to be had.
    """
    exe = cache.place(release.version)
    with _full_disk(cache.root):
        cache.root.mkdir(parents=True, exist_ok=True)
        with only_one(cache):
            if works(exe, release.version, cache.env):
                return exe
            with tempfile.TemporaryDirectory(dir=cache.root, prefix="new-tofu-") as temporary:
                fresh = Path(temporary) / "tofu"
                if make is None:
                    downloaded(release, cache, fresh)
                else:
                    make(fresh)
                _moved(fresh, exe, release, cache)
    return exe


def downloaded(release: Release, cache: Cache, exe: Path) -> None:
    """Fetch, verify and unpack the release."""
    attest(release, cache)
    part = cache.root / _PARTS / f"{release.archive}.part"
    part.parent.mkdir(exist_ok=True)
    url = release.url(release.archive)
    cache.tell(f"downloading {transfer.without_password(url)}")
    if transfer.large(url, part, cache.progress) and digest(part) != release.sha256:
        cache.tell("what an earlier download left does not fit; downloading again from the start")
        part.unlink()
        transfer.large(url, part, cache.progress)
    try:
        unpack(part, release, exe)
    except NivisError:
        part.unlink()  # there is nothing in it to go on from
        raise
    shutil.rmtree(part.parent, ignore_errors=True)
    cache.tell(f"checksum: {release.archive} has the SHA-256 that this nivis was released with")


def attest(release: Release, cache: Cache) -> None:
    """The list of checksums beside the archive: it must say what is pinned, and OpenTofu must have signed it."""
    try:
        sums = transfer.small(release.url(release.checksums))
        sign = transfer.small(release.url(f"{release.checksums}.gpgsig"))
    except UnavailableError as error:
        if not error.missing:
            raise
        cache.tell(f"signature: not verified, the server has no {release.checksums} with its .gpgsig")
        return
    listed = dict(re.findall(r"^([0-9a-f]{64})  (\S+)$", sums.decode("utf-8", "replace"), re.M))
    if release.archive not in listed.values():
        raise NivisError.of(
            "Not a list of checksums",
            f"{transfer.without_password(release.url(release.checksums))} does not name {release.archive}.",
            f"Is that a mirror of OpenTofu's releases ({MIRROR}), or a page that asks for a login?",
        )
    if listed.get(release.sha256) != release.archive:
        raise _wrong_checksum(release, "the list of checksums")
    exe = signature.verifier(cache.env)
    if exe is None:
        names = " and ".join(f"`{name}`" for name in signature.VERIFIERS)
        cache.tell(f"signature: not verified, {names} are not installed; the pinned checksum decides")
        return
    with tempfile.TemporaryDirectory(dir=cache.root, prefix="signature-") as scratch:
        signature.verify(signature.Signed(sums, sign), exe, Path(scratch), cache.env)
    cache.tell(f"signature: `{exe.name}` finds that OpenTofu's key {signature.FINGERPRINT} signed the checksums")


def unpack(archive: Path, release: Release, exe: Path) -> None:
    """The binary out of an archive that is the pinned one. Raises NivisError where it is not."""
    if digest(archive) != release.sha256:
        raise _wrong_checksum(release, str(archive))
    with zipfile.ZipFile(archive) as files, files.open("tofu") as source, exe.open("wb") as target:
        shutil.copyfileobj(source, target)
    exe.chmod(0o755)


def digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _moved(fresh: Path, exe: Path, release: Release, cache: Cache) -> None:
    if not works(fresh, release.version, cache.env):
        raise NivisError.of(
            "OpenTofu does not run here",
            f"OpenTofu {release.version} for {release.platform} is complete, but `tofu version` does not answer. "
            f"Perhaps programs in {cache.root} may not be executed (a `noexec` mount).",
            "Set NIVIS_CACHE to a directory from which programs may run.",
        )
    exe.parent.mkdir(exist_ok=True)
    fresh.replace(exe)


def _wrong_checksum(release: Release, what: str) -> NivisError:
    return NivisError.of(
        f"The checksum of {release.archive} is wrong",
        f"{what} differs from what this nivis was released with ({release.sha256}): it was damaged or tampered with. "
        "Nothing was installed.",
        f"Try again; if {MIRROR} is set, tell whoever keeps that mirror.",
    )


@contextlib.contextmanager
def _full_disk(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise NivisError.of(
                "The cache cannot be written", f"{error.filename or root}: {error.strerror or error}.",
                "Set NIVIS_CACHE to a directory that you can write to.",
            ) from error  # fmt: skip
        raise NivisError.of(
            "No space left for OpenTofu",
            f"It takes 150 MB below {root}, 35 MB of them while it is unpacked. What was downloaded is kept.",
            "Make room there, or set NIVIS_CACHE to a directory on another disk; then run `nivis setup` again.",
        ) from error


@contextlib.contextmanager
def only_one(cache: Cache) -> Iterator[None]:
    """Another set-up waits for this one. The kernel frees the lock when we die."""
    with (cache.root / LOCK).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            cache.tell("another set-up is at work; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        for left in cache.root.glob("new-tofu-*"):  # by one that was killed
            shutil.rmtree(left, ignore_errors=True)
        yield


def offline(release: Release) -> str:
    """What to do if the release cannot be downloaded from here."""
    official = replace(release, base=RELEASES).url(release.archive)
    return (
        f"Where there is a network, download {official} (SHA-256 {release.sha256}), copy it here and run "
        f"`nivis setup --from {release.archive}`. Or set {MIRROR} to a mirror, HTTPS_PROXY to a proxy, or "
        "NIVIS_TOFU to an engine that is here already."
    )
