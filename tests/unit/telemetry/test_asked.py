"""Who asks for traces, in the variables that OpenTelemetry has for that."""

from __future__ import annotations

import pytest

from nivis_tofu.telemetry.asked import asked, exporters

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.mark.parametrize(
    ("env", "variable"),
    [
        ({}, ""),
        ({"OTEL_SERVICE_NAME": "x", "TRACEPARENT": "00-1-2-01"}, ""),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, "OTEL_TRACES_EXPORTER"),
        ({"OTEL_TRACES_EXPORTER": " console "}, "OTEL_TRACES_EXPORTER"),
        ({ENDPOINT: "http://x"}, ENDPOINT),
        ({ENDPOINT: " "}, ""),
        ({ENDPOINT: "http://x", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "y"}, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
        ({"OTEL_TRACES_EXPORTER": "none", ENDPOINT: "http://x"}, ""),
        ({"OTEL_TRACES_EXPORTER": "", ENDPOINT: "http://x"}, ENDPOINT),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "True"}, ""),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "no"}, "OTEL_TRACES_EXPORTER"),
    ],
)
def test_who_asks(env: dict[str, str], variable: str) -> None:
    assert asked(env) == variable


@pytest.mark.parametrize(
    ("told", "names"),
    [
        ("", ("otlp",)),
        ("otlp", ("otlp",)),
        ("none", ()),
        ("otlp, console,otlp", ("otlp", "console")),
        ("none,console", ("console",)),
    ],
)
def test_where_they_go(told: str, names: tuple[str, ...]) -> None:
    assert exporters({"OTEL_TRACES_EXPORTER": told}) == names
