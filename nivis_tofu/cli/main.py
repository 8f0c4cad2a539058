"""Entry point: answers `--version` and the tab key before anything heavy is imported."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Callable

from nivis_tofu import __version__
from nivis_tofu.cli.streams import secure


def main() -> None:
    """Run the command line; never returns."""
    gc.set_threshold(200_000, 20, 20)  # hardly anything here refers to itself, and looking for it takes time
    _leaving_quietly()
    secure()
    if sys.argv[1:] in (["--version"], ["-version"]):
        sys.exit(_answered(lambda: print(f"nivis {__version__}")))
    if sys.argv[1:2] == ["__complete"]:
        from nivis_tofu.cli.complete_ids import main as complete

        sys.exit(_answered(lambda: complete(sys.argv[2:])))
    from nivis_tofu.cli.app import run
    from nivis_tofu.system.signals import ignored

    code = run(sys.argv[1:])
    # All is said, and the exit code says how it ended: the second of two ^C often comes now.
    ignored()
    gc.freeze()  # at its exit Python would go through everything that is there, twice, to find what is no longer used
    sys.exit(code)


def _leaving_quietly() -> None:
    """Until the command line listens for signals, ^C ends what is only being loaded, without a traceback of Python."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _answered(call: Callable[[], int | None]) -> int:
    """The exit code; what stdout does not take is told as that of any verb is."""
    try:
        code = call() or 0
        sys.stdout.flush()
    except OSError as problem:
        from nivis_tofu.cli.app import refused  # slow to load

        return refused(problem)
    return code
