"""Entry point: answers `--version` and the tab key before anything heavy is imported."""

from __future__ import annotations

import gc
import sys

from nivis_tofu import __version__
from nivis_tofu.cli.streams import secure


def main() -> None:
    """Run the command line; never returns."""
    gc.set_threshold(200_000, 20, 20)  # hardly anything here refers to itself, and looking for it takes time
    secure()
    if sys.argv[1:] in (["--version"], ["-version"]):
        print(f"nivis {__version__}")
        sys.exit(0)
    if sys.argv[1:2] == ["__complete"]:
        from nivis_tofu.cli.complete_ids import main as complete

        sys.exit(complete(sys.argv[2:]))
    from nivis_tofu.cli.app import run
    from nivis_tofu.system.signals import ignored

    code = run(sys.argv[1:])
    # All is said, and the exit code says how it ended: the second of two ^C often comes now.
    ignored()
    gc.freeze()  # at its exit Python would go through everything that is there, twice, to find what is no longer used
    sys.exit(code)
