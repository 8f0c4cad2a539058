"""What somebody who mistyped a name may have meant."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(text: str, names: Iterable[str], cutoff: float = 0.5) -> str:
    """The nearest of `names`, or "" if none is near; the last part of a name is compared as well."""
    import difflib  # slow to load, and needed only where something went wrong

    known = list(dict.fromkeys(names))
    if near := difflib.get_close_matches(text, known, n=1, cutoff=cutoff):
        return near[0]
    last = {name.rsplit(".", 1)[-1]: name for name in reversed(known)}
    return next((last[n] for n in difflib.get_close_matches(text, list(last), n=1, cutoff=max(cutoff, 0.6))), "")


def nearest_few(text: str, names: Iterable[str], most: int = 3) -> list[str]:
    """The names that are nearest, the best first; a name's end is compared too, where the text is only an end."""
    import difflib

    def ends(name: str) -> set[str]:
        parts = name.split(".")
        return {name, ".".join(parts[-1 - text.count(".") :])}

    def likeness(name: str) -> float:
        return max(difflib.SequenceMatcher(None, text, end).ratio() for end in ends(name))

    found = sorted(((likeness(name), name) for name in dict.fromkeys(names)), key=lambda x: (-x[0], x[1]))
    return [name for ratio, name in found[:most] if ratio >= 0.6 and ratio >= found[0][0] - 0.2]


def one_of(names: Iterable[str]) -> str:
    """`a`, `b` or `c`, in backquotes."""
    quoted = [f"`{name}`" for name in names]
    return " or ".join(filter(None, [", ".join(quoted[:-1]), *quoted[-1:]]))


def did_you_mean(text: str, names: Iterable[str], otherwise: str = "") -> str:
    """A hint for an unknown name: the nearest one, or `otherwise`."""
    near = nearest(text, names)
    return " ".join(filter(None, [f"Did you mean `{near}`?" if near else "", otherwise]))
