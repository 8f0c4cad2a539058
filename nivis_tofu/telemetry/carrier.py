"""The context of a trace in variables of the environment: TRACEPARENT, TRACESTATE, BAGGAGE and the like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry import propagate


def received(env: Mapping[str, str]) -> Any:
    """The context that whoever started us has left there; an empty one if nobody has."""
    return propagate.extract({name.lower().replace("_", "-"): value for name, value in env.items()})


def handed_on(context: Any) -> dict[str, str]:
    """What makes a program that is started a part of this context."""
    headers: dict[str, str] = {}
    propagate.inject(headers, context)
    return {name.upper().replace("-", "_"): value for name, value in headers.items()}
