"""Two values of one object -> what becomes of each attribute. Pure: planned values and schemas in, Attributes out."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.masks import Pattern, mask_paths, within
from nivis_tofu.core.outcome import Attribute, Hidden, Provenance
from nivis_tofu.ir.schema import BlockSchema, Kind, Known, Spot, below, is_set
from nivis_tofu.tofu.documents import Change, PlanChange

Path = tuple[str | int, ...]
SENSITIVE = Hidden("(sensitive)")


@immutable
class Reader:
    """Everything needed to read the change of one object, besides the change itself."""

    known_after: Callable[[Path], int] = lambda _: 1
    """Path of an unknown value -> the phase after which it is known."""
    provenance: Callable[[Path], Provenance | None] = lambda _: None
    """Path of an unknown value -> where it comes from, if it was configured."""
    configured: Callable[[Path], bool] = lambda _: True
    schema: BlockSchema | None = None
    """Tells sets from lists."""
    secret: tuple[Pattern, ...] = ()
    """Paths that are secret although the plan does not say so; `*` is any element."""
    redact: Callable[[str], str] = lambda text: text
    forcing: tuple[Path, ...] = ()
    object: str = ""
    reveal: bool = False
    """Secrets are shown: the user asked for it."""

    @staticmethod
    def of(change: PlanChange, schemas: Known) -> Reader:
        """A reader that knows what the provider says of the type, and which paths force a replacement."""
        kind: Kind = "data" if change.mode == "data" else "resource"
        schema = schemas.block(change.provider, kind, change.type)
        return Reader(schema=schema, secret=schema.sensitive if schema else (), forcing=change.replace_paths)

    def changes(self, change: Change) -> tuple[Attribute, ...]:
        """All differences between before and after, sorted by name; nested values have their path."""
        before, after = change.before or {}, change.after or {}
        return tuple(self._named(a) for a in self._mappings(before, after, self._marks(change), (), self.schema))

    def value(self, change: Change) -> tuple[Attribute, ...]:
        """The same for a value without attributes, such as an output."""
        return tuple(self._named(a) for a in self._values(change.before, change.after, self._marks(change), (), None))

    def _marks(self, change: Change) -> _Marks:
        secret = (False, False) if self.reveal else (change.before_sensitive or False, change.after_sensitive or False)
        return _Marks(change.after_unknown or False, *secret)

    def _is_secret(self, path: Path) -> bool:
        return not self.reveal and any(p and within(p, path) for p in self.secret)

    def unchanged(self, change: Change) -> int:
        """How many attributes keep their value."""
        before, after = change.before or {}, change.after or {}
        unknown = change.after_unknown if isinstance(change.after_unknown, Mapping) else {}
        kept = (k for k in after if not unknown.get(k) and k in before and json_text.same(before[k], after[k]))
        return sum(1 for k in kept if after[k] not in (None, [], {}))

    def _provenance(self, path: Path, secret: bool) -> Provenance | None:
        """Of a secret nothing is told; known parts of other texts are redacted."""
        found = self.provenance(path)
        if found is None or secret or self._is_secret(path):
            return None
        shown = (self.redact(p) if isinstance(p, str) and not self.reveal else p for p in found.parts)
        return replace(found, parts=tuple(shown))

    def _named(self, found: Attribute) -> Attribute:
        forces = any(_prefix(found.path, path) for path in self.forcing)
        return replace(found, forces=forces, object=self.object, computed=not self.configured(found.path))

    def _values(self, before: Any, after: Any, marks: _Marks, path: Path, schema: Spot) -> Iterator[Attribute]:
        if after is None and isinstance(marks.unknown, Mapping) and any(True for _ in mask_paths(marks.unknown)):
            after = {}  # all that is planned of it is unknown
        secret = marks.before is True or marks.after is True or self._is_secret(path)
        if marks.unknown is True:
            told = SENSITIVE if secret and before is not None else self._shown(before, False, marks.before, path)
            phase = self.known_after(path)
            yield Attribute(
                path, _action(before, True), told, None, phase, secret, provenance=self._provenance(path, secret)
            )
        elif marks.unknown is False and json_text.same(before, after):
            return
        elif secret:
            old, new = (None if v is None else SENSITIVE for v in (before, after))
            yield Attribute(path, _action(before, after), old, new, sensitive=True)
        elif isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from self._mappings(before, after, marks, path, schema)
        elif isinstance(before, list) and isinstance(after, list):
            yield from self._lists(before, after, marks, path, schema)
        else:
            old = self._shown(before, False, marks.before, path)
            new = self._shown(after, marks.unknown, marks.after, path)
            # Null and an empty collection are the same to everybody.
            if not (old in (None, [], {}) and new in (None, [], {}) and None in (old, new)):
                yield Attribute(path, _action(before, after), old, new)

    def _mappings(
        self, before: Mapping[str, Any], after: Mapping[str, Any], marks: _Marks, path: Path, schema: Any
    ) -> Iterator[Attribute]:
        unknown = marks.unknown.keys() if isinstance(marks.unknown, Mapping) else ()
        for key in sorted({*before, *after, *unknown}):
            marked = marks.below(key, key)
            yield from self._values(before.get(key), after.get(key), marked, (*path, key), below(schema, key))

    def _lists(
        self, before: list[Any], after: list[Any], marks: _Marks, path: Path, schema: Any
    ) -> Iterator[Attribute]:
        """Elements that are equal are not told; those of a list are matched in order, those of a set by value."""
        inner = below(schema, 0)
        old = [self._shown(v, False, _at(marks.before, i), (*path, i)) for i, v in enumerate(before)]
        new = [self._shown(v, _at(marks.unknown, i), _at(marks.after, i), (*path, i)) for i, v in enumerate(after)]
        # Compared is what they are, not what is shown of them.
        left = [json_text.dumps(v) for v in before]
        right = [
            f"{json_text.dumps(v)} {[*mask_paths(_at(marks.unknown, i))] or ''}".strip() for i, v in enumerate(after)
        ]
        if is_set(schema):
            yield from (Attribute((*path, "*"), "delete", old[i], None) for i in _without(left, right))
            yield from (Attribute((*path, "*"), "create", None, new[j]) for j in _without(right, left))
            return
        for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
            if tag == "equal":
                continue
            for i, j in zip(range(i1, i2), range(j1, j2), strict=False):
                marked = marks.below(i, j)
                yield from self._values(before[i], after[j], marked, (*path, j), inner)
            shared = min(i2 - i1, j2 - j1)
            yield from (Attribute((*path, i), "delete", old[i], None) for i in range(i1 + shared, i2))
            yield from (Attribute((*path, j), "create", None, new[j]) for j in range(j1 + shared, j2))

    def _shown(self, value: Any, unknown: Any, secret: Any, path: Path) -> Any:
        """A whole value, with what is secret or unknown in it hidden."""
        if unknown is True:
            phase = self.known_after(path)
            return Hidden(f"(known after phase {phase})", phase, self._provenance(path, secret is True))
        if value is not None and (secret is True or self._is_secret(path)):
            return SENSITIVE
        match value:
            case Mapping():
                late = [k for k in unknown if unknown[k]] if isinstance(unknown, Mapping) else []
                keys = {*value, *late}
                return {k: self._shown(value.get(k), _at(unknown, k), _at(secret, k), (*path, k)) for k in sorted(keys)}
            case list():
                return [self._shown(v, _at(unknown, i), _at(secret, i), (*path, i)) for i, v in enumerate(value)]
            case str():
                return value if self.reveal else self.redact(value)
            case _:
                return value


@immutable
class _Marks:
    """The engine's masks beside a value: `True` for all of it, or nested."""

    unknown: Any
    before: Any
    after: Any

    def below(self, old: str | int, new: str | int) -> _Marks:
        return _Marks(_at(self.unknown, new), _at(self.before, old), _at(self.after, new))


def _at(mask: Any, step: str | int) -> Any:
    match mask:
        case Mapping():
            return mask.get(str(step), False)
        case list() if isinstance(step, int) and step < len(mask):
            return mask[step]
        case True:
            return True
        case _:
            return False


def _without(left: list[str], right: list[str]) -> list[int]:
    """Spots in `left` of what `right` has not, as often."""
    rest = Counter(right)
    found = []
    for i, item in enumerate(left):
        if rest[item]:
            rest[item] -= 1
        else:
            found.append(i)
    return found


def _action(before: Any, after: Any) -> Any:
    return "create" if before is None else "delete" if after is None else "update"


def _prefix(left: Path, right: Path) -> bool:
    return all(str(a) == str(b) for a, b in zip(left, right, strict=False))
