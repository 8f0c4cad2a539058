"""Which OpenTofu this nivis is released and tested with, and what its archives must hash to."""

from __future__ import annotations

import platform
from collections.abc import Mapping

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable

VERSION = "1.12.6"
RELEASES = "https://github.com/opentofu/opentofu/releases/download"
MIRROR = "NIVIS_TOFU_MIRROR"
"""Environment variable with another place for `RELEASES`, laid out alike."""
CHECKSUMS: Mapping[str, str] = {
    "darwin_amd64": "166388e5feed47e107e11721b6366bf91d21e47eccbced75f3cbe0c7184ffd9b",
    "darwin_arm64": "e083ee43790ab9e19ad66d9933e24a7244a1412e1d5728f37999ae2163fdac95",
    "linux_amd64": "5dc43da4f750f33873dc25e94587128709e819e544b7be9016b255316153c3a8",
    "linux_arm64": "e573979ba68a17fe7b881752051a694a7efcd970e39521f6a25775197861ed4d",
}
"""Platform -> SHA-256 of its archive, in hexadecimal."""
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


@immutable(slots=True)
class Release:
    """One archive of one version: what it is called, where it is, what it must hash to."""

    version: str
    platform: str
    sha256: str
    base: str
    """URL of the directory that has the versions."""

    @property
    def archive(self) -> str:
        return f"tofu_{self.version}_{self.platform}.zip"

    @property
    def checksums(self) -> str:
        """The list of checksums of this version; its signature ends in `.gpgsig`."""
        return f"tofu_{self.version}_SHA256SUMS"

    def url(self, name: str) -> str:
        return f"{self.base}/v{self.version}/{name}"


def system() -> str:
    """This machine, as OpenTofu's archives name it: `linux_amd64`."""
    machine = platform.machine()
    return f"{platform.system().lower()}_{_MACHINES.get(machine, machine)}"


def pinned(env: Mapping[str, str]) -> Release:
    """The release for this machine. Raises NivisError where OpenTofu's archive for it is not pinned."""
    here = system()
    if here not in CHECKSUMS:
        raise NivisError.of(
            f"No OpenTofu for {here}",
            f"nivis knows the checksums of OpenTofu {VERSION} for {', '.join(CHECKSUMS)}.",
            "Install OpenTofu yourself and name it with NIVIS_TOFU: https://opentofu.org/docs/intro/install/",
        )
    return Release(VERSION, here, CHECKSUMS[here], (env.get(MIRROR) or RELEASES).rstrip("/"))
