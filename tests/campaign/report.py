"""What a campaign has seen, as a table and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

ENDED = {0: "ended well", 130: "interrupted", 143: "terminated"}


@dataclass
class Episode:
    """One row of the record. `run`: the life that it belongs to; `how`: what exactly went wrong."""

    mode: str
    run: int
    episode: int
    fault: str
    how: str = ""
    exit_code: int | None = None
    seconds: float = 0.0
    violation: str = ""
    detail: str = ""
    again: str = ""
    """The command that makes it again."""

    def text(self) -> str:
        code = "" if self.exit_code is None else f" -> {self.exit_code}"
        row = f"{self.mode:8} {self.run:4}.{self.episode} {self.seconds:6.1f} s  {self.fault}: {self.how}{code}"
        if not self.violation:
            return row
        return f"{row}\nVIOLATION: {self.violation}\n{self.detail[-4000:]}\nagain: {self.again}"


@dataclass(frozen=True)
class Report:
    """All episodes of a campaign."""

    seed: int
    seconds: float
    episodes: tuple[Episode, ...]

    @classmethod
    def read(cls, out: Path, seed: int, seconds: float) -> Report:
        lines = [line for path in sorted(out.glob("episodes-*.jsonl")) for line in path.read_text().splitlines()]
        return cls(seed, seconds, tuple(Episode(**json.loads(line)) for line in lines))

    @property
    def violations(self) -> list[Episode]:
        return [e for e in self.episodes if e.violation]

    @property
    def markdown(self) -> str:
        lives = len({(e.mode, e.run) for e in self.episodes})
        head = (
            f"Seed {self.seed}: {self.seconds / 60:.0f} minutes, {lives} lives, {len(self.episodes)} episodes, "
            f"{len(self.violations)} violations.\n"
        )
        return "\n".join([head, *self._by_fault(), "", *self._by_mode(), *self._found()])

    def _by_fault(self) -> list[str]:
        names = ["fault", "episodes", "exit 0", "exit 1", "signal", "other", "violations"]
        rows = []
        for fault in sorted({e.fault for e in self.episodes}):
            these = [e for e in self.episodes if e.fault == fault]
            codes = Counter(_class(e.exit_code) for e in these)
            counts = [
                len(these),
                *(codes[c] for c in ("0", "1", "signal", "other")),
                sum(1 for e in these if e.violation),
            ]
            rows.append([fault, *map(str, counts)])
        return table(names, rows)

    def _by_mode(self) -> list[str]:
        rows = []
        for mode in sorted({e.mode for e in self.episodes}):
            these = [e for e in self.episodes if e.mode == mode]
            lives = len({e.run for e in these})
            rows.append([mode, *map(str, [lives, len(these), sum(1 for e in these if e.violation)])])
        return table(["mode", "lives", "episodes", "violations"], rows)

    def _found(self) -> list[str]:
        if not self.violations:
            return []
        rows = [[e.violation, e.fault, f"`{e.again}`"] for e in self.violations]
        return ["", *table(["violation", "after", "again"], rows)]

    def write(self, out: Path) -> None:
        """`campaign.md` and `campaign.json`."""
        (out / "campaign.md").write_text(self.markdown + "\n")
        body = {"seed": self.seed, "seconds": round(self.seconds), "episodes": [asdict(e) for e in self.episodes]}
        (out / "campaign.json").write_text(json.dumps(body, indent=1) + "\n")


def table(names: list[str], rows: Iterable[list[str]]) -> list[str]:
    cells: Callable[[list[str]], str] = lambda row: f"| {' | '.join(row)} |"  # noqa: E731 - a word for it
    return [cells(names), cells(["---"] * len(names)), *map(cells, rows)]


def _class(code: int | None) -> str:
    if code in (0, 1):
        return str(code)
    return "signal" if code is not None and (code < 0 or code in ENDED) else "other"
