"""Ids, addresses and globs as a user types them -> engine addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.globs import matches
from nivis_tofu.core.nearest import nearest_few, one_of
from nivis_tofu.ir.engine_name import encode_name


def typed(text: str, names: Mapping[str, str]) -> str | None:
    """What somebody means who types a name or the end of one, from a dot on; `names`: name -> what it names.

    An end that several things have is an error that lists them.
    """
    if text in names:
        return names[text]
    fits = {target: name for name, target in names.items() if name.endswith(f".{text}")} if text else {}
    if len(fits) > 1:
        raise NivisError.of(
            f'"{text}" may mean several things',
            f"It is the end of {one_of(sorted(fits.values()))}.",
            "Type more of the one that you mean.",
        )
    return next(iter(fits), None)


@dataclass(frozen=True)
class Names:
    """What is in the state: instance address -> id of that instance."""

    ids: Mapping[str, str]
    declared: Mapping[str, str]
    """Id -> address of what the configuration, or the last run, knows beyond the state."""

    def find(self, text: str) -> str:
        """The one address in the state that an id or address names. Raises NivisError with the nearest name."""
        found = self.exact(text)
        if found is None:
            raise self._missing(text)
        return found

    def exact(self, text: str) -> str | None:
        if text in self.ids:
            return text
        for address, name in self.ids.items():
            if name == text:
                return address
        # A resource with several instances is named without a key.
        base, key = _split(text)
        for address, name in self.ids.items():
            if text in (_split(address)[0], _split(name)[0]) and not key:
                return _split(address)[0]
            if base == _split(name)[0] and address == _split(address)[0] + key:
                return address
        return typed(text, {**self._bases(), **{name: address for address, name in self.ids.items()}})

    def _bases(self) -> dict[str, str]:
        return {_split(name)[0]: _split(address)[0] for address, name in self.ids.items()}

    def match(self, patterns: Sequence[str]) -> list[str]:
        """The addresses that ids, addresses and globs match, each once. Raises NivisError if one matches nothing."""
        found: dict[str, None] = {}
        for pattern in patterns:
            single = self.exact(pattern)
            hits = (
                [single] if single else [a for a, i in self.ids.items() if matches(pattern, a) or matches(pattern, i)]
            )
            if not hits:
                raise self._missing(pattern)
            found.update(dict.fromkeys(hits))
        return list(found)

    def target(self, text: str) -> str:
        """The address of something that need not exist yet: declared, in the state, or derived from the id."""
        base, key = _split(text)
        if (declared := self.declared.get(base) or typed(base, self.declared)) is not None:
            return declared + key
        return self.exact(text) or guess_address(text)

    def name(self, address: str) -> str:
        """The id of an address, or the address itself if it has none."""
        if address in self.ids:
            return self.ids[address]
        base, key = _split(address)
        by_base = {_split(a)[0]: _split(i)[0] for a, i in self.ids.items()}
        by_base |= {a: i for i, a in self.declared.items()}
        return by_base[base] + key if base in by_base else address

    def _missing(self, text: str) -> NivisError:
        return no_state(text, self.ids.values())


def no_state(text: str, known: Iterable[str]) -> NivisError:
    """The error for a name that nothing in the state has."""
    return NivisError.of(f'no state for "{text}"', hint=nearest_hint(text, known, "`nivis state list`"))


def nearest_hint(text: str, known: Iterable[str], command: str) -> str:
    """What somebody who typed a name that is not there may have meant, and the command that lists what is there."""
    near = nearest_few(text, known)
    if not near:
        return f"{command} lists what there is."
    return f"Did you mean `{near[0]}`?" + (f" There is {one_of(near[1:])} too." if near[1:] else "")


def guess_address(text: str) -> str:
    """`aws.aws_s3_bucket.demo` -> `aws_s3_bucket.demo`; an address stays the same."""
    base, key = _split(text)
    parts = base.split(".")
    if parts[0] == "module" or len(parts) < 3:
        return text
    if parts[0] == "data":
        kept = parts if len(parts) == 3 else ["data", parts[2], encode_name(".".join(parts[3:]))]
    else:
        kept = [parts[1], encode_name(".".join(parts[2:]))]
    return ".".join(kept) + key


def _split(text: str) -> tuple[str, str]:
    """Base and instance key: `a.b["x.y"]` -> `a.b`, `["x.y"]`."""
    match = re.fullmatch(r'(.*?)(\[(?:\d+|"(?:[^"\\]|\\.)*")\])?', text, re.DOTALL)
    assert match
    return match[1], match[2] or ""


def shown(names: Iterable[str]) -> str:
    return ", ".join(f"`{n}`" for n in names)
