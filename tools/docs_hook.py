"""A hook of mkdocs: pages from the top of the repository, and links that leave `docs/`."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

TOP = Path(__file__).parent.parent
BROUGHT = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md", "SECURITY.md": "security.md"}
"""Files at the top of the repository -> where the site has them."""
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that lie at the top of the repository, with their links as the site has them."""
    for name, page in BROUGHT.items():
        text = _linked((TOP / name).read_text(encoding="utf-8"), ".", "", config.repo_url)
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Links that leave `docs/` lead to the repository, or to where the site has that page."""
    if page.file.src_uri in BROUGHT.values():
        return markdown
    here = posixpath.dirname(page.file.src_uri)
    return _linked(markdown, posixpath.join("docs", here), here, config.repo_url)


def _linked(markdown: str, directory: str, here: str, repository: str) -> str:
    """`directory`: of the text, in the repository; `here`: of its page, in the site."""

    def link(found: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(directory, found[1]))
        page = path.removeprefix("docs/") if path.startswith("docs/") else BROUGHT.get(path)
        if page:
            return f"]({posixpath.relpath(page, here or '.')}{found[2] or ''})"
        return f"]({repository}/blob/main/{path}{found[2] or ''})"

    return _LINK.sub(link, markdown)
