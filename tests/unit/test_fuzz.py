"""Every reader of data from outside takes whatever it gets: a value comes of it or an error of ours, soon.

Here with few inputs, the same ones each time; `make fuzz` tries more, and `make test-long` other ones.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from nivis_tofu.core.errors import NivisError
from nivis_tofu.system import notes
from tests.fuzz import doors, growth, trial
from tests.fuzz.reader import Reader, scratch
from tests.fuzz.readers import READERS

FILES = [reader for reader in READERS if reader.file]
INPUTS = 24


@pytest.mark.parametrize("reader", READERS, ids=lambda r: r.name)
def test_a_value_or_an_error_of_ours(reader: Reader) -> None:
    assert not trial.run(reader, max(3, INPUTS // reader.weight)).findings


@pytest.mark.parametrize("reader", READERS, ids=lambda r: r.name)
def test_what_is_good_is_read(reader: Reader) -> None:
    """A row whose good inputs are refused would try the parser and nothing else."""
    reader.read(reader.seeds()[0])


@pytest.mark.long
@pytest.mark.parametrize("reader", READERS, ids=lambda r: r.name)
def test_many_inputs(reader: Reader) -> None:
    assert not trial.run(reader, 3000, os.getpid()).findings


@pytest.mark.long
@pytest.mark.parametrize("reader", READERS, ids=lambda r: r.name)
def test_larger_inputs_take_as_much_longer(reader: Reader) -> None:
    assert not growth.run(reader, 64_000).findings


@pytest.mark.parametrize(("power", "found"), [(1, False), (1.5, False), (2, True), (3, True)])
def test_what_grows_with_a_square_is_found(power: float, found: bool) -> None:
    """By the clock that it is given; here that of a reader which does nothing else."""
    now = 0.0

    def read(made: bytes) -> None:
        nonlocal now
        now += (len(made) / 100_000) ** power

    reader = Reader("played", read, lambda: [b'{"a": ["x", {"b": 1}]}'], json=True)
    grown = growth.run(reader, 1_000_000, clock=lambda: now)
    assert len(grown.findings) == (grown.kinds if found else 0)
    assert grown.kinds > 100


def test_whoever_parses_has_a_row() -> None:
    """A function that makes values of bytes is one that some row of the table runs through."""
    missing = doors.doors() - doors.passed(_all_tried)
    assert not missing


def _all_tried() -> None:
    for reader in READERS:
        for made in list(reader.seeds())[:2]:
            with contextlib.suppress(NivisError, *reader.raises):
                reader.read(made)


def nothing(path: Path) -> None:
    """No file at all."""


def directory(path: Path) -> None:
    path.mkdir()


def fifo(path: Path) -> None:
    os.mkfifo(path)


def bound_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def dangling_link(path: Path) -> None:
    path.symlink_to("nowhere")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def closed(path: Path) -> None:
    path.write_bytes(b"{}")
    path.chmod(0)


KINDS = (nothing, directory, fifo, bound_socket, dangling_link, link_to_itself, closed)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.__name__)
def test_whatever_stands_where_a_file_is_read(kind: Callable[[Path], None]) -> None:
    """It is refused in words or counts as absent; nobody waits for the other end of a pipe."""
    for reader in FILES:
        if kind is fifo and reader.raises:
            continue  # somebody named it, as `<(…)` of a shell; among notes nobody does
        path = scratch() / reader.file
        path.parent.mkdir(parents=True, exist_ok=True)
        notes.clear(path)
        kind(path)
        try:
            assert not trial.called(partial(reader.call, path), reader), reader.name
        finally:
            notes.clear(path)
