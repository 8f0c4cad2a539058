"""Stands between nivis and a tool, and does something at one line of what the tool says. Run as a script, quick to start.

CAMPAIGN_TOOL: {"command": "apply", "call": 1, "line": 3, "action": "kill engine", "signal": 9, "mark": FILE}
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

GARBAGE = (
    b"\x00\xff\xfe not a line of ours\n",
    b"[1, 2]\n3\nnull\n",
    b'{"@message": "no type"}\n{"type": 7}\n{"type": "planned_change"}\n{"type": "apply_complete", "hook": 3}\n',
    b"x" * 1_000_000 + b"\n",
    b'{"type": "diagnostic", "diagnostic": "text"}\n',
    b"panic\r\n\x1b[31mred\x1b[0m\n\n\n",
)


def command(argv: list[str]) -> str:
    """The first word that is no flag."""
    return next((a for a in argv if not a.startswith("-")), "")


def meant(wanted: dict[str, object], argv: list[str]) -> bool:
    """Is this the call that is to go wrong? Counts them in a file."""
    if command(argv) != wanted["command"]:
        return False
    path = Path(str(wanted["mark"]))
    with path.open("ab") as mark:
        mark.write(b".")
    return path.stat().st_size == wanted["call"]


def main(real: str, argv: list[str], wanted: dict[str, object]) -> int:
    if not meant(wanted, argv):
        os.execv(real, [real, *argv])
    children: list[subprocess.Popen[bytes]] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda n, _: forward(children, n))
    child = subprocess.Popen([real, *argv], stdout=subprocess.PIPE)
    children.append(child)
    assert child.stdout is not None
    code = speak(child, child.stdout, wanted)
    if code is not None:
        return code
    left = child.wait()
    return left if left >= 0 else 128 - left


HEARD: list[int] = []
"""Signals so far."""


def forward(children: list[subprocess.Popen[bytes]], number: int) -> None:
    HEARD.append(number)
    for child in children:
        child.send_signal(number)


def speak(child: subprocess.Popen[bytes], stream: IO[bytes], wanted: dict[str, object]) -> int | None:
    """Passes lines on; the exit code if it is not the tool's own."""
    code: int | None = None
    done = False
    for number, line in enumerate(iter(stream.readline, b"")):
        if number == wanted["line"]:
            done = True
            code = act(child, line, wanted)
            if wanted["action"] in ("cut", "hang"):
                break
        write(line)
    if not done:
        code = act(child, b"", wanted)
    if wanted["action"] in ("cut", "hang"):
        stream.read()
    return code


def write(data: bytes) -> None:
    with contextlib.suppress(OSError):
        os.write(1, data)


def act(child: subprocess.Popen[bytes], line: bytes, wanted: dict[str, object]) -> int | None:
    number = int(str(wanted["signal"]))
    match wanted["action"]:
        case "kill engine":
            child.send_signal(number)
        case "kill nivis":
            kill_parent(number)
        case "kill both":
            kill_parent(number)
            child.send_signal(number)
        case "lie":
            child.kill()
            return 0
        case "cut":
            write(line[: len(line) // 2])
        case "garbage":
            write(GARBAGE[number % len(GARBAGE)])
        case "odd exit":
            return (2, 3, 77, 137, 255)[number % 5]
        case "hang":
            child.communicate()
            while not HEARD:  # one that came a moment ago counts
                time.sleep(0.05)
            os._exit(1)
    return None


def kill_parent(number: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(os.getppid(), number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:], json.loads(os.environ["CAMPAIGN_TOOL"])))
