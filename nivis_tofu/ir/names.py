"""Ids, addresses and globs as a user types them -> engine addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.globs import matches
from nivis_tofu.core.nearest import did_you_mean
from nivis_tofu.ir.engine_name import encode_name


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
        return None

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
        return self.declared[base] + key if base in self.declared else self.exact(text) or guess_address(text)

    def name(self, address: str) -> str:
        """The id of an address, or the address itself if it has none."""
        if address in self.ids:
            return self.ids[address]
        base, key = _split(address)
        by_base = {_split(a)[0]: _split(i)[0] for a, i in self.ids.items()}
        by_base |= {a: i for i, a in self.declared.items()}
        return by_base[base] + key if base in by_base else address

    def _missing(self, text: str) -> NivisError:
        return no_state(text, [*self.ids.values(), *self.ids])


def no_state(text: str, known: Iterable[str]) -> NivisError:
    """The error for a name that is not in the state."""
    hint = did_you_mean(text, known, "`nivis state list` shows what there is.")
    return NivisError.of(f'no state for "{text}"', hint=hint)


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
