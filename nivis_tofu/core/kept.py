"""Values of a frozen object that are computed when somebody asks for them, and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any


class Kept:
    """`cached_property` for classes with slots, of which there are thousands of objects with some values each.

    A subclass names the values in its `__slots__`, and for each one a method of that name, with an underscore before
    it, that computes it.
    """

    __slots__ = ()

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        """The fields: a copy computes anew what it is asked for."""
        names: tuple[str, ...] = type(self).__slots__
        return None, {name: getattr(self, name) for name in names}

    if not TYPE_CHECKING:  # which would take every name for one that there is

        def __getattr__(self, name: str) -> Any:
            """Asked for what has no value yet."""
            make = None if name.startswith("_") else getattr(type(self), f"_{name}", None)
            if make is None:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)
            found = make(self)
            object.__setattr__(self, name, found)
            return found
