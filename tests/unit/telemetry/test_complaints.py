"""What is kept of what the packages log."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from nivis_tofu.telemetry.complaints import Complaints

LOGGER = logging.getLogger("opentelemetry.exporter")


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    before = {name: logging.getLogger(name).handlers for name in ("opentelemetry", "urllib3", "requests", "grpc")}
    yield Complaints()
    for name, handlers in before.items():
        logging.getLogger(name).handlers = handlers


def refused() -> Exception:
    """As an HTTP client wraps it."""

    class WrappedError(Exception):
        reason: Exception

    outer, inner = WrappedError("Max retries exceeded"), WrappedError("failed to establish")
    outer.reason, inner.__cause__ = inner, ConnectionRefusedError(111, "Connection refused")
    return Exception(outer)


def test_the_cause_without_its_wrapping(complaints: Complaints) -> None:
    assert complaints.text == ""
    LOGGER.info("all is well")
    assert complaints.text == ""
    LOGGER.warning("Transient error %s, retrying in %.2fs.", refused(), 0.8)
    LOGGER.error("Failed: %s", ValueError("later"))
    assert complaints.text == "Connection refused"


def test_one_with_a_cause_says_more_than_the_first(complaints: Complaints) -> None:
    LOGGER.error("Failed to export spans batch due to timeout")
    LOGGER.error("again")
    assert complaints.text == "Failed to export spans batch due to timeout"
    LOGGER.warning("Transient error %s", refused())
    assert complaints.text == "Connection refused"


def test_nothing_reaches_stderr(complaints: Complaints, capfd: pytest.CaptureFixture[str]) -> None:
    LOGGER.error("hush")
    logging.getLogger("urllib3.connectionpool").error("hush")
    assert capfd.readouterr() == ("", "")
