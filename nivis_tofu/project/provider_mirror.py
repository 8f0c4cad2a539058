"""Providers on this machine, as Nix packages them or somebody built them: a filesystem mirror, a CLI config for `init`.

Data: `source = "/nix/store/…"`, `./dir`, `./bin/provider-x` or `provider-x` (on PATH) -> the executable -> links in
`.nivis/mirror` -> a source address.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.regex import regex
from nivis_tofu.hcl import quoting
from nivis_tofu.hcl.blocks import split
from nivis_tofu.ir.model import IR
from nivis_tofu.ir.providers import DEFAULT_HOST
from nivis_tofu.system import notes
from nivis_tofu.system.files import directory, read_text

_BINARY = regex(r"terraform-provider-([a-z0-9-]+)(?:_v?(\d+\.\d+\.\d+[\w.+-]*?))?(?:_x\d+)?(?:\.exe)?\Z")
_ON_PATH = regex(r"(?:terraform-)?provider-[\w.+-]+\Z")
"""Names of executables that no registry could mean: other bare names are those of providers, such as `random`."""
_SYSTEM = regex(r"[a-z0-9]+_[a-z0-9]+\Z")
_UNNUMBERED = "0.0.1"
"""Stands for the version of a binary that does not tell it; the engine refuses 0.0.0."""
_NAMESPACE = "nix"
"""Stands in the address of a provider whose directory does not tell where it comes from."""


@immutable
class Packaged:
    """One provider binary. `address` is what state and lock file call the provider."""

    address: str
    version: str
    system: str
    binary: Path


def is_local(source: str) -> bool:
    """Whether a provider's source names a directory or an executable instead of a registry address."""
    return source.startswith(("/", "./", "../")) or _is_on_path(source)


def _is_on_path(source: str) -> bool:
    """Whether it is the name of an executable, as the first look tells of nearly every source."""
    return source.startswith(("provider-", "terraform-provider-")) and bool(_ON_PATH.match(source))


def is_from_here(address: str) -> bool:
    """Whether an address is one that a provider got here, so that no registry has it."""
    return address.split("/")[-2:-1] == [_NAMESPACE]


def system() -> str:
    """As the engine names it, e.g. `linux_amd64`."""
    import platform  # slow to load, and few projects have local providers

    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"{platform.system().lower()}_{machine}"


def resolve(ir: IR, project: Path, kind: str, search: str | None = None) -> tuple[IR, tuple[Packaged, ...]]:
    """The IR with local sources replaced by source addresses, and the providers found; `search`: PATH."""
    providers, packages = {}, []
    for key, provider in ir.providers.items():
        if is_local(provider.source):
            found = locate(provider.source, project, kind, search)
            packages.append(found)
            provider = replace(provider, source=found.address, version=found.version)
        providers[key] = provider
    return (replace(ir, providers=providers) if packages else ir), tuple(packages)


def locate(source: str, project: Path, kind: str, search: str | None = None) -> Packaged:
    """The provider that a local source means; paths are relative to the project."""
    if _is_on_path(source):
        on_path = shutil.which(source, path=search)
        if on_path is None:
            raise NivisError.of(
                "No such provider",
                f"`{source}` is no executable on PATH, and no registry has a provider of such a name.",
                "Put it on PATH, name it by its path (`./bin/…`), or give a registry address such as `hashicorp/aws`.",
            )
        return _executable(Path(on_path).absolute(), kind)
    place = project / source
    return _executable(place, kind) if place.is_file() else find(place, kind)


def _executable(file: Path, kind: str) -> Packaged:
    """A provider that is one file, whatever it is called: its name is all that tells its address."""
    if not os.access(file, os.X_OK):
        raise NivisError.of("The provider cannot be run", f"{file} is not executable.", f"`chmod +x {file}`")
    match = _BINARY.match(file.name)
    name = match[1] if match else file.name.lower().removesuffix(".exe").removeprefix("provider-")
    name = re.sub("[^a-z0-9]+", "-", name).strip("-") or "provider"
    version = (match and match[2]) or _UNNUMBERED
    return Packaged(f"{DEFAULT_HOST[kind]}/{_NAMESPACE}/{name}", version, system(), file)


def find(directory: Path, kind: str) -> Packaged:
    """The provider in a directory. Its address comes from a mirror's layout, otherwise from its file name."""
    here = system()
    found = sorted(_binaries(directory, kind, here), key=lambda p: [int(n) for n in re.findall(r"\d+", p.version)])
    usable = [p for p in found if p.system == here]
    if not usable:
        raise NivisError.of(
            "No provider in this directory",
            f"{directory} has no `terraform-provider-NAME_vX.Y.Z` for {here}.",
            "`source` is a registry address such as `hashicorp/aws`, the provider's executable, or a directory (a Nix "
            "package) with it.",
        )
    if len({p.address for p in usable}) > 1:
        names = ", ".join(sorted({p.address for p in usable}))
        raise NivisError.of(
            "Several providers in one directory", f"{directory} holds {names}.", "Name a directory for each."
        )
    return usable[-1]


def _binaries(directory: Path, kind: str, here: str) -> Iterator[Packaged]:
    for path in directory.rglob("terraform-provider-*"):
        match = _BINARY.match(path.name)
        if match is None or path.is_dir():
            continue
        above = path.parts[-6:-1]  # host, namespace, name, version, system
        if len(above) == 5 and _SYSTEM.match(above[4]) and "." in above[0] and above[3][:1].isdigit():
            # One registry's address is the other's name for the same provider.
            host = above[0].replace("registry.terraform.io", DEFAULT_HOST[kind])
            yield Packaged(f"{host}/{above[1]}/{above[2]}", above[3], above[4], path)
        else:
            yield Packaged(f"{DEFAULT_HOST[kind]}/{_NAMESPACE}/{match[1]}", match[2] or _UNNUMBERED, here, path)


def build(mirror: Path, packages: Iterable[Packaged]) -> None:
    """Make the mirror anew: links to the binaries."""
    notes.clear(mirror)
    for p in packages:
        place = mirror / p.address / p.version / p.system
        directory(place)
        # The engine knows its providers by their names.
        usual = f"terraform-provider-{p.address.rsplit('/', 1)[-1]}_v{p.version}"
        name = p.binary.name if _BINARY.match(p.binary.name) else usual
        (place / name).symlink_to(p.binary.resolve())


def cli_config(target: Path, mirror: Path, packages: Iterable[Packaged], env: Mapping[str, str]) -> None:
    """The user's CLI config with the mirror put first."""
    addresses = ", ".join(quoting.quote(a) for a in sorted({p.address for p in packages}))
    ours = f"  filesystem_mirror {{\n    path    = {quoting.quote(str(mirror))}\n    include = [{addresses}]\n  }}\n"
    own = env.get("TF_CLI_CONFIG_FILE") or str(Path(env.get("HOME", "/")) / ".tofurc")
    text = read_text(Path(own), "The engine's CLI configuration cannot be read") if Path(own).is_file() else ""
    block = next((b for b in split(text) if b.kind == "provider_installation"), None)
    if block is None:
        text += f"\nprovider_installation {{\n{ours}  direct {{\n    exclude = [{addresses}]\n  }}\n}}\n"
    else:
        at = block.start + block.text.index("{") + 1
        text = f"{text[:at]}\n{ours}{text[at:]}"
    notes.write(target, text)


def stamp(package: Packaged) -> list[Any]:
    """A mark (path, size, time) that changes when the binary is built again."""
    found = package.binary.stat()
    return [str(package.binary.resolve()), found.st_size, found.st_mtime_ns]


def offered(root: Path, packages: Iterable[Packaged], env: Mapping[str, str]) -> dict[str, str]:
    """The environment in which `init` finds these providers; what it links stays where it is."""
    found, place, config = tuple(packages), root / "mirror", root / "tofurc"
    build(place, found)
    cli_config(config, place, found, env)
    return {**env, "TF_CLI_CONFIG_FILE": str(config)}


def unlocked(text: str, packages: Iterable[Packaged]) -> str:
    """A lock file without these providers: Nix pins them, and their checksums are those of one system."""
    gone = {p.address for p in packages}
    for block in reversed(list(split(text))):
        if block.kind == "provider" and not gone.isdisjoint(block.labels[:1]):
            text = text[: block.start] + text[block.end :].lstrip("\n")
    return text
