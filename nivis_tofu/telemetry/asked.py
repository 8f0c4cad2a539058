"""Whether the environment asks for traces; loads nothing else."""

from __future__ import annotations

from collections.abc import Mapping

EXPORTER = "OTEL_TRACES_EXPORTER"
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
DISABLED = "OTEL_SDK_DISABLED"
NONE = "none"


def asked(env: Mapping[str, str]) -> str:
    """The variable that asks for traces; empty if none does."""
    if env.get(DISABLED, "").strip().lower() == "true":
        return ""
    if env.get(EXPORTER, "").strip():
        return EXPORTER if exporters(env) else ""
    return next((name for name in ENDPOINTS if env.get(name, "").strip()), "")


def exporters(env: Mapping[str, str]) -> tuple[str, ...]:
    """What the environment names; OTLP if it names none."""
    told = [name.strip() for name in env.get(EXPORTER, "").split(",")]
    return tuple(dict.fromkeys(name for name in told if name and name != NONE)) if any(told) else ("otlp",)
