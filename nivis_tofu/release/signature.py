"""Is a list of checksums signed by OpenTofu's key? Asked of a verifier that the machine has already."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.system import process

KEY = Path(__file__).with_name("opentofu.asc")
FINGERPRINT = "E3E6E43D84CB852EADB0051D0C0AF313E5FD9F80"
VERIFIERS = ("gpgv", "sqv")
"""GnuPG's, and Sequoia's: each Debian has one of them, because its package manager verifies with it."""


@immutable(slots=True)
class Signed:
    """A list of checksums and its detached signature."""

    text: bytes
    signature: bytes


def verifier(env: Mapping[str, str]) -> Path | None:
    """A program that verifies signatures; it trusts the key that it is given and no other."""
    found = (shutil.which(name, path=env.get("PATH")) for name in VERIFIERS)
    return next((Path(exe) for exe in found if exe), None)


def verify(signed: Signed, exe: Path, scratch: Path, env: Mapping[str, str]) -> None:
    """Raises NivisError where the signature is not that of the key over the text. `scratch`: an empty directory."""
    text, signature = scratch / "SHA256SUMS", scratch / "SHA256SUMS.gpgsig"
    text.write_bytes(signed.text)
    signature.write_bytes(signed.signature)
    keyring = scratch / "key.gpg"
    keyring.write_bytes(unarmoured(KEY.read_text(encoding="ascii")))
    # gpgv looks for its home even where it needs nothing of it.
    home = () if exe.name == "sqv" else ("--homedir", str(scratch))
    argv = (str(exe), *home, "--keyring", str(keyring), str(signature), str(text))
    done = process.run(argv, cwd=scratch, env=env, timeout=60)
    if done.returncode != 0:
        raise NivisError.of(
            "The signature of OpenTofu's checksums is wrong",
            f"`{exe.name}` says that the list of checksums was not signed by OpenTofu's key ({FINGERPRINT}): it was "
            "damaged or tampered with. Nothing was installed.",
            "Try again; if NIVIS_TOFU_MIRROR is set, tell whoever keeps that mirror.",
            raw=done.stderr,
        )


def unarmoured(text: str) -> bytes:
    """The bytes of an armoured key."""
    found = re.search(r"-----BEGIN [^\n]*\n(?:[^\n]+: [^\n]*\n)*\n(.*?)\n(?:=[^\n]*\n)?-----END ", text, re.S)
    assert found
    return base64.b64decode(found[1])
