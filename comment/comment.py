#!/usr/bin/env python3
"""Write a Markdown file as one comment on a pull or merge request, and change that comment the next time.

    comment.py NAME FILE

GitHub: in a workflow of a pull request, with COMMENT_TOKEN (permission `pull-requests: write`).
GitLab: in a merge request pipeline, with COMMENT_TOKEN (a project access token, scope `api`).
Standard library only: it runs on any runner.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PER_PAGE = 100
LIMIT = 65_000
"""Characters: GitHub takes 65,536."""


class Refused(Exception):
    """What the forge, or the environment, does not allow; the text says what to do."""


@dataclass(frozen=True)
class Forge:
    """Where the comments of one request are, and how one is asked for them."""

    comments: str
    headers: Mapping[str, str]
    update: str
    """Method that changes a comment."""
    one: str
    """URL of one comment, with `{id}` in it."""


def forge(env: Mapping[str, str]) -> Forge:
    token = env.get("COMMENT_TOKEN", "")
    if not token:
        raise Refused("COMMENT_TOKEN is empty; it needs a token that may write comments")
    if env.get("GITHUB_ACTIONS"):
        base = f"{env['GITHUB_API_URL']}/repos/{env['GITHUB_REPOSITORY']}/issues"
        number = _pull_request(env)
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
        return Forge(f"{base}/{number}/comments", headers, "PATCH", base + "/comments/{id}")
    if env.get("GITLAB_CI"):
        number = env.get("CI_MERGE_REQUEST_IID", "")
        if not number:
            raise Refused("this is no merge request pipeline: CI_MERGE_REQUEST_IID is empty")
        base = f"{env['CI_API_V4_URL']}/projects/{env['CI_PROJECT_ID']}/merge_requests/{number}/notes"
        return Forge(base, {"PRIVATE-TOKEN": token}, "PUT", base + "/{id}")
    raise Refused("neither a GitHub workflow nor a GitLab pipeline")


def _pull_request(env: Mapping[str, str]) -> int:
    event = json.loads(Path(env["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    number = (event.get("pull_request") or event.get("issue") or {}).get("number")
    if number is None:
        raise Refused("this workflow was not started by a pull request")
    return int(number)


def put(where: Forge, name: str, text: str) -> str:
    """Change the comment of this name, or write it; says which."""
    mark = f"<!-- {name} -->"
    body = f"{mark}\n{text}"
    if len(body) > LIMIT:
        body = body[:LIMIT] + "\n\n… (cut: too long for a comment)\n"
    for comment in _all(where):
        if str(comment.get("body", "")).startswith(mark):
            _ask(where.update, where.one.format(id=comment["id"]), where, {"body": body})
            return "updated"
    _ask("POST", where.comments, where, {"body": body})
    return "written"


def _all(where: Forge) -> Iterator[dict[str, Any]]:
    page = 1
    while True:
        found = _ask("GET", f"{where.comments}?per_page={PER_PAGE}&page={page}", where)
        yield from found
        if len(found) < PER_PAGE:
            return
        page += 1


def _ask(method: str, url: str, where: Forge, body: Mapping[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers=dict(where.headers))  # noqa: S310
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - the forge's own address
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            raise Refused(f"{method} {url}: {error.code} {error.reason}; may the token write comments?") from None
    except OSError as error:
        raise Refused(f"{method} {url}: {error}") from None


def main(argv: list[str]) -> int:
    if len(argv) != 2:
        print(__doc__, file=sys.stderr)
        return 1
    name, file = argv
    try:
        print(f"comment {put(forge(os.environ), name, Path(file).read_text(encoding='utf-8'))}")
    except (Refused, OSError) as error:
        print(f"error: the comment was not written\n  {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
