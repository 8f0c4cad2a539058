"""Fixtures that every kind of test shares. A missing tool fails a test; it never skips one."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
import weakref
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from nivis_tofu.system.locate import find_engine
from tools.steps import output_of

# Containers often forbid byte code; compiling all modules anew is half of what a command costs, and tests run hundreds.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# Engines and providers live for seconds: collecting their garbage is a fifth of what they cost.
os.environ.setdefault("GOGC", "400")
os.umask(0o022)  # tests ask for the modes of what is not private

# What a shell, cron or a CI runner starts in the background has these ignored, and every child would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)

# Collecting makes hundreds of thousands of objects that live to the end; looking through them again and again is a
# quarter of what it costs.
gc.disable()

# The last that a worker does: to take all its objects apart would be half a second in which nothing else happens.
if "PYTEST_XDIST_WORKER" in os.environ:
    weakref.finalize(pytest, os._exit, 0)

pytest_plugins = ["tests.support.fixtures", "tests.support.release_server"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--adopt", action="store_true", help="Take what comes out now as the expected golden files.")


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)  # as in the program itself
    gc.enable()


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> object:
    """A worker sends one message for a test that passes instead of five: they cost as much as many a test."""
    if not hasattr(item.config, "workerinput"):
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    return True


@pytest.fixture(scope="session")
def adopt(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--adopt"))


@pytest.fixture(scope="session")
def tofu_exe() -> Path:
    """The real engine: NIVIS_TOFU, which may be Terraform, else OpenTofu."""
    named = os.environ.get("NIVIS_TOFU")
    return Path(named) if named else _opentofu()


@pytest.fixture(scope="session")
def opentofu_exe(tofu_exe: Path) -> Path:
    """OpenTofu whatever the engine is, for what comes with it."""
    kind = find_engine(str(tofu_exe), os.environ, output_of).kind
    return tofu_exe if kind == "tofu" else _opentofu()


def _opentofu() -> Path:
    """On PATH, else in the cache that `make setup` fills."""
    if found := shutil.which("tofu"):
        return Path(found)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nivis"
    cached = sorted(path for path in cache.glob("tofu-*/tofu") if os.access(path, os.X_OK))
    if not cached:
        pytest.fail("No OpenTofu found (NIVIS_TOFU, PATH, cache): run `make setup`.")
    return cached[-1]
