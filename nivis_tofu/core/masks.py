"""What is secret inside a value: paths, in which `*` is any element. An index is the same as number and as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

Step = str | int
Pattern = tuple[Step, ...]
SENSITIVE = "(sensitive)"


def mask_paths(mask: Any, path: Pattern = ()) -> Iterable[Pattern]:
    """Paths that a mask of the engine marks: true, or nested as the value is."""
    if mask is True:
        yield path
    elif isinstance(mask, Mapping):
        for key, item in mask.items():
            yield from mask_paths(item, (*path, key))
    elif isinstance(mask, list):
        for index, item in enumerate(mask):
            yield from mask_paths(item, (*path, index))


def overlap(pattern: Pattern, path: Pattern) -> bool:
    """Is what lies at the path secret, or something in it or around it?"""
    return all(map(_is_at, pattern, path))


def within(pattern: Pattern, path: Pattern) -> bool:
    """Is all that lies at the path secret?"""
    return len(pattern) <= len(path) and overlap(pattern, path)


def values_at(value: Any, pattern: Pattern) -> Iterator[Any]:
    """Everything that a pattern marks."""
    if not pattern:
        yield value
        return
    head = pattern[0]
    if head != "*" and isinstance(value, Mapping):
        if (key := str(head)) in value:
            yield from values_at(value[key], pattern[1:])
        return
    for step, item in _items(value):
        if _is_at(head, step):
            yield from values_at(item, pattern[1:])


def texts(value: Any, *, keys: bool = False) -> Iterator[str]:
    """Strings and numbers in a value, as text, with the keys of objects if they are wanted."""
    match value:
        case str():
            yield value
        case bool() | None:
            return
        case int() | Decimal():
            yield str(value)
        case _:
            for step, item in _items(value):
                if keys and isinstance(step, str):
                    yield step
                yield from texts(item, keys=keys)


def hide(value: Any, hidden: Iterable[Pattern]) -> Any:
    """The value with everything at these paths replaced by `(sensitive)`."""
    patterns = tuple(hidden)
    if () in patterns:
        return SENSITIVE
    if not patterns:
        return value

    def shown(step: Step, item: Any) -> Any:
        return hide(item, [p[1:] for p in patterns if _is_at(p[0], step)])

    match value:
        case Mapping():
            return {key: shown(key, item) for key, item in value.items()}
        case list():
            return [shown(index, item) for index, item in enumerate(value)]
        case None:
            return None
        case _:
            return SENSITIVE


def _is_at(wanted: Step, step: Step) -> bool:
    return wanted == "*" or str(wanted) == str(step)


def _items(value: Any) -> Iterable[tuple[Step, Any]]:
    if isinstance(value, Mapping):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()
