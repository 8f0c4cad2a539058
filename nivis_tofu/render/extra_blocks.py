"""The blocks of `extra`, which pass through; the engine reads some parts of them in a way of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from nivis_tofu.core.errors import IRError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.hcl import quoting
from nivis_tofu.ir.model import IR, follow
from nivis_tofu.ir.values import Expr, Ref, Value, leaves
from nivis_tofu.render.values import ValueWriter


@immutable
class ExtraWriter:
    """Writes those of a module. `complete`: can a value be written in this phase?"""

    ir: IR
    include: Collection[str]
    values: ValueWriter
    literals: ValueWriter
    """For blocks that are read before there are variables."""
    complete: Callable[[Value], bool]

    def put(self, blocks: dict[str, Any]) -> None:
        """Add them to the blocks of a module."""
        for kind, body in self.ir.extra.items():
            if kind in ("moved", "import", "removed"):
                entries = [_block(kind, entry) for entry in (body if isinstance(body, list) else [body])]
                moves = [
                    self._move(f"extra.{kind}[{i}]", e) for i, e in enumerate(entries) if self._target_included(kind, e)
                ]
                if moves:
                    blocks[kind] = moves
            elif isinstance(body, dict):
                here = {k: v for k, v in body.items() if self.complete(v)}
                writer = self.literals if kind in ("terraform", "variable") else self.values
                rendered = {quoting.escape(k): writer.value(v, f"extra.{kind}.{k}") for k, v in here.items()}
                if kind == "variable":
                    rendered = {k: taken_as_it_is(v, here.get(k)) for k, v in rendered.items()}
                if kind == "terraform" and "encryption" in rendered:
                    rendered["encryption"] = bare_methods(rendered["encryption"])
                if rendered:
                    blocks.setdefault(kind, {}).update(rendered)
            else:
                found: list[Value] = body if isinstance(body, list) else [body]
                if ready := [entry for entry in found if self.complete(entry)]:
                    blocks[kind] = self.values.value(ready, f"extra.{kind}")

    def _move(self, where: str, entry: Mapping[str, Value]) -> dict[str, Any]:
        for name in ("from", "to"):
            if not isinstance(entry.get(name, ""), str | Ref) and not _is_whole(entry[name]):
                raise IRError.of(
                    "An address is needed",
                    f"`{where}.{name}` must be a resource, an id or an engine address.",
                    'Write e.g. `from = "aws.aws_s3_bucket.old"; to = bucket;`.',
                    address=f"extra.{where.split('.')[1].split('[')[0]}",
                )
        return {
            k: self.ir.address_of(v) if k in ("from", "to") else self.values.value(v, f"{where}.{k}")
            for k, v in entry.items()
        }

    def _target_included(self, kind: str, entry: Mapping[str, Value]) -> bool:
        """The engine refuses a rename, or an import, of something that is not in this phase."""
        address = self.ir.address_of(entry.get("to", ""))
        # What is renamed on and on is what it is called in the end.
        *_, last = address, *follow(address, self._renames)
        target = self.ir.owner(last)
        if kind == "moved" and not any(map(self.ir.declares, (last, self.ir.address_of(entry.get("from", ""))))):
            return False  # it goes, or stays for a while, under the name that the state has
        rest = {k: v for k, v in entry.items() if k not in ("from", "to")}
        return (target is None or target.id in self.include) and self.complete(rest)

    @property
    def _renames(self) -> Mapping[str, str]:
        return {old: new for new, old in self.ir.moves.items()}


def taken_as_it_is(raw: Any, body: Value) -> Any:
    """A `variable` block, whose default and description the engine does not read as templates."""
    if not isinstance(body, dict):
        return raw
    plain = {k: v for k, v in body.items() if k in ("default", "description") and next(leaves(v), None) is None}
    return {**raw, **plain}


def bare_methods(value: Any) -> Any:
    """An `encryption` block with `method` as bare names, which is all that the engine accepts there."""
    match value:
        case dict():
            return {k: _bare(v) if k == "method" and isinstance(v, str) else bare_methods(v) for k, v in value.items()}
        case list():
            return [bare_methods(item) for item in value]
        case _:
            return value


def _bare(text: str) -> str:
    return text[2:-1] if text.startswith("${") and text.endswith("}") else text


def _is_whole(value: Value) -> bool:
    """An expression that is text alone, such as `${aws_s3_bucket.old}`."""
    return isinstance(value, Expr) and len(value.parts) == 1 and isinstance(value.parts[0], str)


def _block(kind: str, entry: Value) -> dict[str, Value]:
    if isinstance(entry, dict):
        return entry
    raise IRError.of(
        "Malformed block in extra",
        f"`extra.{kind}` must be an attribute set or a list of them.",
        address=f"extra.{kind}",
    )
