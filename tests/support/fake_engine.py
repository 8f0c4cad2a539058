"""Where the engine is that only plays a part, and how it is told which."""

from __future__ import annotations

import os
import sys
from pathlib import Path

FAKE = Path(__file__).parents[1] / "fakes" / "engine"


def environment(scene: str, **more: str) -> dict[str, str]:
    """The environment in which it plays this scene."""
    return {"PATH": os.environ["PATH"], "FAKE_PYTHON": sys.executable, "FAKE_SCENE": scene, **more}
