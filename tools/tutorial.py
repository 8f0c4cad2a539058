"""`make tutorial`: its commands on the real AWS provider and a local fake cloud, output compared."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.support.aws_mirror import find_aws_provider, make_mirror
from tests.support.moto import cloud_env, moto_server
from tools.demo import Surprise, Walk, command_env, example

PLAN = """\
 + aws.aws_s3_bucket.demo (aws_s3_bucket)
 + aws.aws_s3_object.note (aws_s3_object)

2 resource(s) to resolve across phases (+ create, ~ change). Run `nivis apply`.
"""
APPLY = """\
Applied 2 resource(s) across 2 phase(s):
 ✓ aws.aws_s3_bucket.demo
 ✓ aws.aws_s3_object.note
"""
NO_CHANGES = "No changes. 2 resource(s) up to date.\n"
BUCKET = "terraform-[0-9]{26}"
SHOW = [
    rf" arn = arn:aws:s3:::{BUCKET}",
    " force_destroy = true",
    rf" id = {BUCKET}",
    " region = eu-central-1",
    r" tags_all = map\[managed-by:nivis\]",
]
DESTROY = """\
Destroyed 2 resource(s):
 - aws.aws_s3_object.note
 - aws.aws_s3_bucket.demo
"""


def tutorial(directory: Path, env: Mapping[str, str]) -> None:
    """The documented session in `directory`, which holds the flake; raises Surprise on a difference."""
    walk = Walk(directory, env)
    walk.run("nivis plan", exactly(PLAN))
    walk.run("nivis apply", exactly(APPLY))
    shown = walk.run("nivis state show aws.aws_s3_bucket.demo").splitlines()
    keys = [line.split(" = ")[0] for line in shown]
    missing = [line for line in SHOW if not any(re.fullmatch(line, seen) for seen in shown)]
    if missing or keys != sorted(keys):
        raise Surprise(f"the attributes should be sorted and have these lines: {missing}")
    walk.run("nivis state show aws.aws_s3_bucket.demo | awk '/^ id = /{print $3}'", rf"{BUCKET}\n\Z")
    walk.run("nivis state list", exactly("aws.aws_s3_bucket.demo\naws.aws_s3_object.note\n"))
    walk.run("nivis apply", exactly(NO_CHANGES))
    walk.run("nivis plan", exactly(NO_CHANGES))
    walk.run("nivis destroy", exactly(DESTROY))
    walk.run("nivis state list", exactly("No resources in state.\n"))


def exactly(text: str) -> str:
    return re.escape(text) + r"\Z"


def main() -> int:
    env = command_env()
    with tempfile.TemporaryDirectory(prefix="nivis-tutorial-") as temporary:
        directory = example("tutorial", temporary)
        binary = find_aws_provider(env)
        # Without one on the machine the engine fetches it from the registry, as it does for any user.
        if binary is not None:
            env["TF_CLI_CONFIG_FILE"] = str(make_mirror(Path(temporary), binary))
        with moto_server(Path(temporary) / "moto.log") as url:
            print(f"A fake cloud answers at {url}.", flush=True)
            try:
                tutorial(directory, cloud_env(env, url))
            except Surprise as surprise:
                print(surprise, file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
