"""The files of a root module as blocks, and back: native syntax and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.text_position import misread
from nivis_tofu.hcl.blocks import Block, locals_of, split, without


def text_of(path: Path) -> str:
    """A file as it is, the ends of its lines included."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise NivisError.of("A file of the root module cannot be read", f"{path} is not UTF-8: {error}.") from None


def blocks(path: Path) -> Iterator[Block]:
    text = text_of(path)
    if not path.name.endswith(".json"):
        for block in split(text):
            yield from locals_of(block) if block.kind == "locals" else (block,)
        return
    try:
        document = json_text.loads(text)
    except ValueError as error:
        raise misread("A file of the root module cannot be read", path, error, "JSON") from None
    for kind, labels, body in _json_blocks(document):
        yield Block(kind, labels, 0, 0, json_text.dumps(body), json=True)


def _json_blocks(document: Any) -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """What has the wrong shape is left out: the engine gets the file as it is and says what is wrong."""
    depth = {"resource": 2, "data": 2, "ephemeral": 2, "module": 1, "output": 1, "provider": 1, "variable": 1}
    for part in _objects(document):
        for kind, content in part.items():
            if kind == "locals":
                for found in _objects(content):
                    for name, value in found.items():
                        yield kind, (name,), {name: value}
            else:
                for labels, body in _labelled(content, depth.get(kind, 0)):
                    yield kind, labels, body


def _objects(content: Any) -> list[dict[str, Any]]:
    """An object, or the objects of an array: the engine takes either wherever a body or labels may be."""
    return [item for item in (content if isinstance(content, list) else [content]) if isinstance(item, dict)]


def _labelled(content: Any, depth: int) -> Iterator[tuple[tuple[str, ...], Any]]:
    for found in _objects(content):
        if depth == 0:
            yield (), found
        else:
            for name, body in found.items():
                for labels, inner in _labelled(body, depth - 1):
                    yield (name, *labels), inner


def _merged(content: Any) -> dict[str, Any]:
    return {name: value for found in _objects(content) for name, value in found.items()}


def filtered(path: Path, dropped: list[Block]) -> str:
    if not path.name.endswith(".json"):
        return without(text_of(path), dropped)
    kept = [b for b in blocks(path) if b not in dropped]
    out: dict[str, Any] = {}
    for block in kept:
        place: Any = out
        steps = [block.kind] if block.kind == "locals" else [block.kind, *block.labels]
        for step in steps[:-1]:
            place = place.setdefault(step, {})
        body = json_text.loads(block.text)
        if block.kind == "locals":
            out.setdefault("locals", {}).update(body)
        else:
            place.setdefault(steps[-1], []).append(body)
    return json_text.dumps(out, indent=2) + "\n"


def terraform(path: Path, block: Block) -> dict[str, Any]:
    """What a `terraform` block says: `backend` as (type, settings), and `required_providers` by name."""
    if path.name.endswith(".json"):
        body = json_text.loads(block.text)
        backend = {kind: _merged(settings) for kind, settings in _merged(body.get("backend")).items()}
        providers = _merged(body.get("required_providers"))
    else:
        from nivis_tofu.hcl import literal, reader

        try:
            inner = reader.body(reader.inside(block.text))
        except ValueError as error:
            cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
            raise misread("A file of the root module cannot be read", path, cause, "HCL") from None
        backend = {labels[0]: literal.settings(body) for kind, labels, body in inner.blocks if kind == "backend"}
        wanted = [body.attributes for kind, _, body in inner.blocks if kind == "required_providers"]
        providers = {name: literal.as_text(value) for found in wanted for name, value in found.items()}
    found: dict[str, Any] = {}
    for kind, settings in backend.items():
        found["backend"] = (kind, settings)
    if providers:
        found["required_providers"] = providers
    return found
