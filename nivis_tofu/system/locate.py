"""Where the engine and Nix lie on this machine. Looks only; nothing is downloaded or installed here."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.system import notes
from nivis_tofu.system.files import listed

Kind = Literal["tofu", "terraform"]
Source = Literal["flag", "NIVIS_TOFU", "PATH", "cache"]
Run = Callable[[Sequence[str]], str]

INSTALL_HINT = (
    "run `nivis setup`, which downloads and verifies one, or install OpenTofu yourself "
    "(https://opentofu.org/docs/intro/install/), or name the binary with --tofu or NIVIS_TOFU"
)
NIX_HINT = (
    "install the Debian or Ubuntu package `nix-bin` (`apt-get install nix-bin`), "
    "or use the official installer: https://nixos.org/download/"
)

PROFILES = (Path("/nix/var/nix/profiles/default/bin/nix"),)
"""Where the official installers put Nix for everybody."""
NO_GIT = Diagnostic(
    "git is not installed",
    "The project lies in a git work tree, and Nix asks `git` for the files that belong to the flake.",
    "install the package `git` (`apt-get install git`)",
)


@immutable(slots=True)
class Engine:
    """The engine binary, what it is and where the choice came from."""

    exe: Path
    kind: Kind
    source: Source
    note: str = ""
    """One line for the user where the choice is not the usual one."""


def find_engine(explicit: str | None, env: Mapping[str, str], run: Run) -> Engine:
    """The engine to use: `--tofu`, NIVIS_TOFU, `tofu` on PATH, our cache, Terraform if it is all there is.

    `run` executes an argv and returns its stdout; it is asked only where the name does not tell the kind.
    """
    if explicit:
        return _named(explicit, "flag", "--tofu", env, run)
    if named := env.get("NIVIS_TOFU"):
        return _named(named, "NIVIS_TOFU", "NIVIS_TOFU", env, run)
    if exe := _which("tofu", env):
        return _described(exe, _kind_by_name(exe) or "tofu", "PATH", f"`tofu` on PATH is Terraform ({exe.resolve()}).")
    if cached := _newest_cached(env):
        return Engine(cached, "tofu", "cache")
    if exe := _which("terraform", env):
        note = f"Using Terraform ({exe}), because no OpenTofu was found; `nivis setup` gets one."
        return _described(exe, _kind_by_name(exe) or "terraform", "PATH", note)
    raise NivisError.of(
        "OpenTofu is not installed",
        "There is no `tofu` on PATH, none that `nivis setup` left in the cache, and no `terraform` either.",
        INSTALL_HINT,
    )


def find_nix(env: Mapping[str, str]) -> Path:
    """The `nix` command, on PATH or where the official installers put it; None if there is none."""
    if exe := _which("nix", env):
        return exe
    profiles = [*PROFILES]
    if (home := home_dir(env)) is not None:
        profiles.append(home / ".nix-profile/bin/nix")
    for exe in profiles:
        if os.access(exe, os.X_OK):
            return exe
    raise NivisError.of(
        "Nix is not installed",
        "There is no `nix` on PATH, in the default profile or in your own. nivis evaluates flakes with it.",
        NIX_HINT,
    )


def home_dir(env: Mapping[str, str]) -> Path | None:
    """The user's home, also where HOME is unset or empty (cron, containers, CI)."""
    if home := env.get("HOME"):
        return Path(home)
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return None


def cache_dir(env: Mapping[str, str]) -> Path:
    """Where `nivis setup` keeps engines: NIVIS_CACHE, else `nivis` in the user's cache directory."""
    if own := env.get("NIVIS_CACHE"):
        return Path(own).absolute()
    if (shared := env.get("XDG_CACHE_HOME")) and Path(shared).is_absolute():
        return Path(shared) / "nivis"
    if (home := home_dir(env)) is not None:
        return home / ".cache/nivis"
    raise NivisError.of(
        "No cache directory",
        "HOME, XDG_CACHE_HOME and NIVIS_CACHE are unset and this user has no home directory.",
        "set NIVIS_CACHE to a directory that you can write to",
    )


def _named(name: str, source: Source, shown: str, env: Mapping[str, str], run: Run) -> Engine:
    exe = _which(name, env)
    if exe is None:
        raise NivisError.of(
            "The engine was not found",
            f"{shown} names `{name}`, which is neither an executable file nor a command on PATH.",
            INSTALL_HINT,
        )
    kind = _kind_by_name(exe) or _kind_by_asking(exe, env, run)
    return _described(
        exe, kind, source, f"Using Terraform ({exe}), as {shown} says; OpenTofu is what nivis is made for."
    )


def _described(exe: Path, kind: Kind, source: Source, of_terraform: str) -> Engine:
    return Engine(exe, kind, source, of_terraform if kind == "terraform" else "")


def _which(name: str, env: Mapping[str, str]) -> Path | None:
    found = shutil.which(name, path=env.get("PATH", os.defpath))
    # Absolute: the engine is started in another directory. Not resolved: a wrapper may look at its name.
    return Path(found).absolute() if found else None


def _newest_cached(env: Mapping[str, str]) -> Path | None:
    try:
        found = [exe for p in listed(cache_dir(env), "tofu-*") if os.access(exe := p / "tofu", os.X_OK)]
    except (NivisError, OSError):
        return None
    return max(found, key=_version_key, default=None)


def _version_key(exe: Path) -> tuple[list[int], bool, str]:
    version = exe.parent.name.removeprefix("tofu-")
    release, _, pre = version.partition("-")
    return [int(part) if part.isdigit() else 0 for part in release.split(".")], not pre, pre


def _kind_by_name(exe: Path) -> Kind | None:
    # What a link leads to comes first: many have a link with the name of the other engine.
    for name in (exe.resolve().name.lower(), exe.name.lower()):
        if "terraform" in name:
            return "terraform"
        if "tofu" in name:
            return "tofu"
    return None


def _kind_by_asking(exe: Path, env: Mapping[str, str], run: Run) -> Kind:
    """Ask the binary once; the answer is kept for as long as the file stays the same."""
    stat = exe.stat()
    key = f"{exe}:{stat.st_mtime_ns}:{stat.st_size}"
    store = cache_dir(env) / "engines.json"
    known = _read_kinds(store)
    if key in known:
        return known[key]
    # `version -json` calls its field terraform_version in both; the plain text has the product's name.
    text = run([str(exe), "version"])
    kind: Kind
    if "OpenTofu v" in text:
        kind = "tofu"
    elif "Terraform v" in text:
        kind = "terraform"
    else:
        raise NivisError.of(
            "Not an engine that nivis knows",
            f"`{exe} version` names neither OpenTofu nor Terraform.",
            INSTALL_HINT,
            raw=text,
        )
    _write_kinds(store, {**known, key: kind})
    return kind


def _read_kinds(store: Path) -> dict[str, Kind]:
    import json  # slow to load, and engines have their usual names

    try:
        data = json.loads(notes.read(store) or "")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(data, dict):
        return {}
    return {key: kind for key, kind in data.items() if kind in ("tofu", "terraform")}


def _write_kinds(store: Path, kinds: Mapping[str, Kind]) -> None:
    import json

    from nivis_tofu.system.files import write_atomic  # slow to load

    # Only a cache: where it cannot be written, the binary is asked again next time.
    with contextlib.suppress(OSError):
        write_atomic(store, json.dumps(kinds, indent=1, sort_keys=True))
