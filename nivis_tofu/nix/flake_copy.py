"""The copy of a flake that Nix evaluates outside git: what is copied ends up in the store, where everybody can read it.

State, work files, plans, and what looks like a secret by name, by mode or by use stay out.
"""

from __future__ import annotations

import filecmp
import os
import stat
from collections.abc import Callable, Collection
from pathlib import Path

from nivis_tofu.core.globs import matches
from nivis_tofu.system import notes
from nivis_tofu.system.files import copy_file

_DIRECTORIES = {
    ".nivis",
    ".git",
    ".terraform",
    "node_modules",
    ".venv",
    ".direnv",
    "nivis.state.d",
    "terraform.tfstate.d",
}
_SECRETS = (
    # keys and certificates
    "id_rsa", "id_dsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk",
    "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.ppk", "*.kdbx", "*.age", "*_rsa", "*_ed25519",
    # what programs keep credentials in
    ".ssh", ".gnupg", ".aws", ".azure", ".gcloud", ".kube", ".docker", ".vault-token", ".netrc", "_netrc",
    ".git-credentials", ".pgpass", ".my.cnf", ".npmrc", ".pypirc", ".htpasswd", ".terraformrc", ".tofurc",
    "terraform.rc", "tofu.rc", ".terraform.d", ".password-store", "kubeconfig", "credentials", "credentials.*",
    "secrets.*", "secret.*", ".secrets", ".secret", ".env*",
)  # fmt: skip
_STATES = ("nivis.state.json*", "nivis.*.state.json*", "*.tfstate*")
_OURS = (
    *_STATES,
    "nivis.auto.*",
    "*.tfplan",
    "*.tfvars",
    "*.tfvars.json",
    "*.nivis.json",
)
_NEEDED = ("flake.nix", "flake.lock")
_CODE = ("*.nix",)
"""No secret by its name alone."""
_PLAN_MAGIC = b"PK\x03\x04"


def copy_flake(source: Path, target: Path, keep_out: Collection[Path] = ()) -> None:
    """Copy what Nix may see, for the user alone; `keep_out`: files of this run to leave out."""
    refused = {p.resolve() for p in keep_out} | {target.resolve()}
    # Who keeps even this private works with such a umask: the mode of code tells nothing then.
    secretive = _is_private(source / "flake.nix")

    def ignore(directory: str, names: list[str]) -> set[str]:
        here = Path(directory)
        inside = here.relative_to(source).parts
        closed = any(_is_private(source.joinpath(*inside[: n + 1])) for n in range(len(inside)))
        return {name for name in names if not (here == source and name in _NEEDED) and left_out(here / name, closed)}

    def left_out(path: Path, closed: bool) -> bool:
        try:
            return _is_kept_private(path, closed, secretive) or _is_secret(path, refused)
        except FileNotFoundError:
            return True  # gone by now, as the lock of another stack's state is

    copy_private(source, target, ignore)


def is_state(name: str) -> bool:
    """Is a file of this name a state, or a backup of one?"""
    return _matches(name, _STATES)


def copy_private(source: Path, target: Path, ignore: Callable[[str, list[str]], set[str]] | None = None) -> None:
    """Make one tree like another, for the user alone; executable files stay executable.

    What is like it already is left alone, since file systems are slow at removing and making directories.
    """
    names = [entry.name for entry in os.scandir(source)]
    kept = set(names) - (ignore(str(source), names) if ignore else set())
    notes.directory(target).chmod(0o700)
    for name in {entry.name for entry in os.scandir(target)} - kept:
        notes.clear(target / name)
    for name in kept:
        one, other = source / name, target / name
        try:
            if one.is_symlink():
                _link(one, other)
            elif one.is_dir():
                copy_private(one, other, ignore)
            else:
                _copy(one, notes.free(other))
        except FileNotFoundError:
            if os.path.lexists(one):
                raise
            notes.clear(other)


def _link(source: Path, target: Path) -> None:
    if not target.is_symlink() or target.readlink() != source.readlink():
        notes.clear(target)
        target.symlink_to(source.readlink())


def _copy(source: Path, target: Path) -> None:
    if not (target.exists() and filecmp.cmp(source, target, shallow=False)):
        copy_file(source, target)
    target.chmod(0o700 if source.stat().st_mode & stat.S_IXUSR else 0o600)


def _is_secret(path: Path, refused: Collection[Path]) -> bool:
    """By its name, its kind or its content."""
    name = path.name
    if name in _DIRECTORIES or path.resolve() in refused or _matches(name, _OURS):
        return True
    if _matches(name, _SECRETS) and not _matches(name, _CODE):
        return True
    mode = path.lstat().st_mode
    if stat.S_ISDIR(mode) or stat.S_ISLNK(mode):
        return False
    if not stat.S_ISREG(mode):
        return True  # a fifo or a socket stops Nix
    with path.open("rb") as handle:
        head = handle.read(64)
    return head.startswith(_PLAN_MAGIC) and b"tfplan" in head


def _is_kept_private(path: Path, closed: bool, secretive: bool) -> bool:
    """Can nobody but its owner read a file? `closed`: for a directory above it; code in one goes in all the same."""
    if not stat.S_ISREG(path.lstat().st_mode):
        return False
    code = _matches(path.name, _CODE)
    return (_is_private(path) and not (secretive and code)) or (closed and not code)


def _matches(name: str, patterns: Collection[str]) -> bool:
    return any(matches(pattern, name) for pattern in patterns)


def _is_private(path: Path) -> bool:
    """Is it there, and has nobody but its owner a permission on it?"""
    return os.path.lexists(path) and path.lstat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) == 0
