"""A seal on a text: it tells whether another one is the same, and nothing else."""

from __future__ import annotations

import hashlib
import hmac

COST = 2**14
"""Rounds: some 30 ms for each guess."""


def seal(text: str) -> str:
    """A salted hash of a secret; slow on purpose, because the secret may be short."""
    import secrets  # slow to load: it brings base64 and hmac

    salt = secrets.token_bytes(16)
    return f"{salt.hex()}:{_scrypt(text, salt)}"


def fits(text: str, sealed: str) -> bool:
    """Whether this is the text that was sealed."""
    salt, _, expected = sealed.partition(":")
    try:
        return hmac.compare_digest(_scrypt(text, bytes.fromhex(salt)), expected)
    except (ValueError, TypeError):  # no seal at all
        return False


def _scrypt(text: str, salt: bytes) -> str:
    return hashlib.scrypt(text.encode(), salt=salt, n=COST, r=8, p=1, dklen=32).hex()
