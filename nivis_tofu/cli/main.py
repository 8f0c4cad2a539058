"""Entry point: answers `--version` and the tab key before anything heavy is imported."""

from __future__ import annotations

import sys

from nivis_tofu import __version__
from nivis_tofu.cli.streams import secure


def main() -> None:
    """Run the command line; never returns."""
    secure()
    if sys.argv[1:] in (["--version"], ["-version"]):
        print(f"nivis {__version__}")
        sys.exit(0)
    if sys.argv[1:2] == ["__complete"]:
        from nivis_tofu.cli.complete_ids import main as complete

        sys.exit(complete(sys.argv[2:]))
    from nivis_tofu.cli.app import run

    sys.exit(run(sys.argv[1:]))
