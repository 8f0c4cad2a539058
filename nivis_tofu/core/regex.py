"""`regex`: `re.compile` when the pattern is first used. A verb loads some hundred patterns and asks few of them."""

from __future__ import annotations

import re
from typing import Any, AnyStr, Generic, cast


def regex(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What has the methods and attributes of the compiled pattern, but is none to the functions of `re`."""
    return cast("re.Pattern[AnyStr]", _Regex(text, flags))


class _Regex(Generic[AnyStr]):
    def __init__(self, text: AnyStr, flags: int) -> None:
        self._given: tuple[AnyStr, int] = text, flags

    def __getattr__(self, name: str) -> Any:
        """Whatever the object itself has not: found once, and kept where it is found at once."""
        found = self.__dict__[name] = getattr(re.compile(*self._given), name)
        return found
