"""An engine that only plays a part: FAKE_SCENE names the scene, real pipes and signals carry it.

`replay NAME [CODE [LINES]]` prints a recorded stream of streams/, or its first lines, `document` the text of FAKE_STDOUT:
the script `engine` does both by itself. The scenes here are what no recording gives.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

TYPE_CHECKING = False  # to load `typing` and `pathlib` takes as long as all the rest
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

VERSION = {"@level": "info", "@message": "OpenTofu 1.12.6", "tofu": "1.12.6", "type": "version", "ui": "1.2"}


def say(**fields: Any) -> None:
    print(json.dumps({"@level": "info", "@message": "", **fields}), flush=True)


def hook(kind: str, addr: str, action: str, **fields: Any) -> None:
    say(type=kind, hook={"resource": {"addr": addr}, "action": action, **fields})


def diagnostic(severity: str, summary: str, detail: str = "") -> None:
    body = {"severity": severity, "summary": summary, "detail": detail}
    say(**{"@message": summary, "@level": severity, "type": "diagnostic", "diagnostic": body})


def ended() -> None:
    """The last words of a plan or an apply that succeeds."""
    if sys.argv[1:2] in (["plan"], ["apply"]):
        say(type="change_summary", changes={"add": 0, "change": 0, "remove": 0, "operation": sys.argv[1]})


def long_line() -> None:
    say(**VERSION)
    say(**{"@message": "x" * 1_000_000})
    hook("apply_complete", "terraform_data.a", "create", elapsed_seconds=1.5)
    ended()


def garbage() -> None:
    say(**VERSION)
    print("panic: not JSON")
    print("[1, 2]")
    print('"just a string"')
    sys.stdout.flush()
    sys.stdout.buffer.write(b"\xff\xfe broken \x00 bytes\n\n")
    say(**{"@message": "no type at all"})
    say(**{"@message": "from the future", "type": "hologram", "hologram": {}})
    say(type=["odd"], **{"@message": "type is a list"})
    say(type="apply_start", **{"@message": "no hook"})
    hook("apply_complete", "terraform_data.a", "create", elapsed_seconds=0)
    ended()
    sys.stdout.write('{"@level":"info","@message":"last line has no newline"}')


def stderr_flood() -> None:
    say(**VERSION)
    sys.stderr.write("first words\n")
    for _ in range(10 * 1024):
        sys.stderr.write("e" * 1023 + "\n")
    sys.stderr.write("last words\n")
    say(**{"@message": "still here"})
    ended()


def crash() -> None:
    say(**VERSION)
    hook("apply_start", "terraform_data.a", "create")
    print("unexpected fault address 0x0", flush=True)
    sys.stderr.write("goroutine 1 [running]\n")
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGSEGV)


def silent_failure(code: str = "1") -> int:
    sys.stderr.write("\x1b[31m╷ something went wrong\x1b[0m\n")
    return int(code)


def loud_failure() -> int:
    say(**VERSION)
    diagnostic("warning", "Old attribute", "It will go away.")
    diagnostic("error", "No such bucket", "The bucket hunter2 is gone.")
    diagnostic("error", "No such bucket", "The bucket hunter2 is gone.")
    return 1


def lying_success() -> None:
    say(**VERSION)
    diagnostic("error", "Half done", "Something failed all the same.")


def future_ui() -> int:
    say(**{**VERSION, "ui": "2.0", "tofu": "2.0.0"})
    return interruptible()


def bad_change() -> int:
    say(**VERSION)
    say(type="planned_change", change={"action": "delete"})
    return interruptible()


def interruptible() -> int:
    """Ends an ordered way at the first SIGINT, as the engine does; at once at the second."""
    received: list[int] = []
    signal.signal(signal.SIGINT, lambda *_: received.append(1))
    hook("apply_start", "terraform_data.a", "create")
    hook("apply_start", "terraform_data.b", "create")
    deadline = time.monotonic() + 20
    while not received and time.monotonic() < deadline:
        time.sleep(0.01)
    say(**{"@message": "Stopping operation..."})
    hook("apply_complete", "terraform_data.a", "create", elapsed_seconds=1)
    if os.environ.get("FAKE_STUBBORN"):
        while len(received) < int(os.environ["FAKE_STUBBORN"]):
            time.sleep(0.01)
        say(**{"@message": "Exiting immediately"})
    diagnostic("error", "execution halted")
    return 1


def orphan() -> None:
    """Ends while a grandchild still holds its pipes."""
    if os.fork() == 0:
        time.sleep(20)
    say(**{"@message": "gone"})
    print(os.getpgrp(), file=sys.stderr, flush=True)
    os._exit(0)


def show_call() -> None:
    """What the engine was called with; exclude files are read while they exist."""
    from pathlib import Path

    files = [arg.split("=", 1)[1] for arg in sys.argv if arg.startswith("-exclude-file=")]
    files = [Path(file).read_text() for file in files]
    variables = {name: text for name, text in os.environ.items() if name.startswith("TF_VAR_")}
    parent = os.environ.get("TRACEPARENT", "")
    call = {"argv": sys.argv[1:], "files": files, "parent": parent, "variables": variables}
    Path(os.environ["FAKE_CALL"]).write_text(json.dumps(call))
    ended()


def speaks_no_json() -> int:
    """OpenTofu 1.10 at commands that edit a state; what it was called with last is kept."""
    if "-json" in sys.argv:
        print("Error parsing command-line flags: flag provided but not defined: -json\n", file=sys.stderr)
        print(f"Usage: tofu [global options] {sys.argv[1]} [options]", file=sys.stderr)
        return 1
    show_call()
    print('Done.\nWARNING: "hunter2" was non-empty.\n')
    return 0


def takes_no_values() -> int:
    """OpenTofu 1.10 at a saved plan."""
    if any(arg.startswith("-var-file=") for arg in sys.argv):
        diagnostic("error", "Can't set variables when applying a saved plan", "The -var and -var-file options …")
        return 1
    show_call()
    return 0


SCENES: tuple[Callable[..., int | None], ...] = (
    long_line, garbage, stderr_flood, crash, silent_failure, loud_failure, lying_success, future_ui,
    bad_change, interruptible, orphan, show_call, speaks_no_json, takes_no_values,
)  # fmt: skip

if __name__ == "__main__":
    scene, *arguments = os.environ["FAKE_SCENE"].split()
    code = {function.__name__: function for function in SCENES}[scene](*arguments)
    sys.stdout.flush()
    sys.exit(code or 0)
