"""A local fake cloud: a moto server of our own, and the environment that points the AWS provider at it."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

START_TIMEOUT = 60.0


@contextlib.contextmanager
def moto_server(log: Path) -> Iterator[str]:
    """Run a server on a free port until the block ends; gives its URL."""
    env = without_aws(os.environ)
    with log.open("w") as output:
        # Port 0: the kernel picks a free one and the server says which, so two servers never collide.
        argv = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
        server = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env)
    try:
        yield _url_when_ready(server, log)
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def cloud_env(env: Mapping[str, str], url: str) -> dict[str, str]:
    """`env` with nothing left of a real account, and every AWS endpoint at `url`.

    The address is an IP on purpose: the SDK then puts the bucket in the path and not in the host name, so
    that a provider block needs no `s3_use_path_style`.
    """
    return {
        **without_aws(env),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def without_aws(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if not name.startswith(("AWS_", "TF_AWS_"))}


def _url_when_ready(server: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        text = log.read_text(errors="replace")
        if found := re.search(r"Running on (http://127\.0\.0\.1:\d+)", text):
            return found[1]
        if server.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"the moto server did not start:\n{log.read_text(errors='replace')}")
