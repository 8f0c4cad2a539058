"""Secrets are taken out by all who know some."""

from __future__ import annotations

from nivis_tofu.core.redactor import Redactor
from nivis_tofu.telemetry.redaction import Redaction


def test_it_grows_with_what_is_learnt() -> None:
    redaction, first, second = Redaction(), Redactor(), Redactor(["swordfish"])
    redaction.add(first.redact)
    redaction.add(second.redact)
    assert redaction.text("hunter2 swordfish") == "hunter2 (sensitive)"
    first.add(["hunter2"])
    assert redaction.text("hunter2 swordfish") == "(sensitive) (sensitive)"
