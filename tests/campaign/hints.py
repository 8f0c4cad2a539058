"""The user does what nivis says."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

from tests.campaign.world import World
from tests.e2e.project import Result
from tests.support.damage import remove

PUT_BACK = "### the backup of a state was put back"


def obey(world: World, done: Result) -> bool:
    """Does what the hints say; False if there is none that this user understands."""
    obeyed = False
    for places in re.findall(r"hint: .*\brm (?:-rf? )?(.*)", done.stderr):
        for place in shlex.split(places.rstrip(".")):
            path = world.directory / place
            if (world.directory / ".nivis") in (path, *path.parents) and (path.exists() or path.is_symlink()):
                remove(Path(path))
                obeyed = True
    for words in re.findall(r"hint: .* backup lacks .*: cp (.*)", done.stderr):
        backup, state = shlex.split(words)
        shutil.copyfile(backup, state)
        world.said.append(PUT_BACK)
        obeyed = True
    for file in re.findall(r"state push (?:-force )?(\S*errored\.tfstate)", done.stderr)[:1]:
        stack = re.findall(r"--stack (\S+)", done.stderr)
        at = ["--stack", stack[0]] if stack else []
        if world.run("state", "push", *at, file).code == 0:
            (world.directory / file).unlink(missing_ok=True)
            obeyed = True
    return obeyed
