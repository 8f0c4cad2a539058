"""The standard streams: open, in UTF-8, and a stderr that stops nothing."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading

import pytest

from nivis_tofu.cli.streams import _Lasting, _recode, _told

SECURED = "import sys, os; from nivis_tofu.cli.streams import secure; secure(); "


def child(code: str, shell: str = "", **env: str) -> subprocess.CompletedProcess[bytes]:
    """What a Python says that repairs its streams first; `shell`: redirections of its streams."""
    line = ["sh", "-c", f'exec "$0" -c "$1" {shell}', sys.executable, SECURED + code]
    return subprocess.run(line, capture_output=True, env={"PATH": os.environ["PATH"], **env}, check=False)


def test_everywhere_the_same_bytes() -> None:
    for env in ({"LC_ALL": "C", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "latin-1"}):
        done = child(r"print('\u00e9 \u2713 \udcff'); print('\u00e9', file=sys.stderr)", **env)
        assert (done.returncode, done.stdout, done.stderr) == (0, "é ✓ ".encode() + b"\xff\n", "é\n".encode())


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_stops_nothing_and_gives_its_number_to_no_file(closed: str) -> None:
    code = (
        "print('x'); print('y', file=sys.stderr); sys.stdin.read(); sys.exit(0 if os.open('/dev/null', 0) > 2 else 9)"
    )
    assert child(code, closed).returncode == 0


def test_nobody_has_to_read_what_is_said() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    lasting = _Lasting(writing)
    assert [lasting.write(b"one"), lasting.write(b"two")] == [3, 3]
    os.close(writing)


def test_all_of_it_is_written_also_through_a_pipe_that_does_not_wait() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    size = 1_000_000
    told: list[int] = []

    def write() -> None:
        told.append(_Lasting(writing).write(b"x" * size))
        os.close(writing)

    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(reading, "rb") as pipe:
        assert len(pipe.read()) == size
    writer.join()
    assert told == [size]


def test_names_of_files_are_the_bytes_that_they_are() -> None:
    assert _told(UnicodeEncodeError("utf-8", "a\udcffb", 1, 2, "")) == (b"\xff", 2)
    assert _told(UnicodeEncodeError("utf-8", "\ud800", 0, 1, "")) == ("\\ud800", 1)


def test_a_stream_of_a_test_is_left_as_it_is() -> None:
    stream = io.StringIO()
    _recode(stream, "replace")
    stream.write("x")
    wrapped = io.TextIOWrapper(io.BytesIO(b"\xff"), encoding="ascii")
    _recode(wrapped, "replace")
    assert wrapped.read() == "\ufffd"
