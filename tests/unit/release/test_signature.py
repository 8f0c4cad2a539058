"""Signatures, by the verifier of this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.release import signature
from tests.support.release_server import FIXTURES


def test_the_key_in_the_package_verifies_a_real_release(tmp_path: Path) -> None:
    text = (FIXTURES / "tofu_1.8.5_SHA256SUMS").read_bytes()
    signed = signature.Signed(text, (FIXTURES / "tofu_1.8.5_SHA256SUMS.gpgsig").read_bytes())
    exe = signature.verifier(os.environ)
    assert exe, "gpgv or sqv: Debian's package manager needs one of them"
    signature.verify(signed, exe, tmp_path, os.environ)
    with pytest.raises(NivisError, match="signature"):
        signature.verify(
            signature.Signed(text.replace(b"e2951", b"e2952"), signed.signature), exe, tmp_path, os.environ
        )
