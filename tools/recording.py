"""A session in a pseudo-terminal as an animated SVG: what a terminal would have shown, frame by frame."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate, groupby
from pathlib import Path

import pyte

COLUMNS, ROWS = 90, 29
PACE = 2.5
"""Slower than life: phases of the example take half a second."""
LONGEST, TYPING, READING, END = 0.6, 0.12, 1.6, 6.0
"""Seconds: of a frame in which nothing happens, of three letters, after a command, at the end."""
_WIDTH, _HEIGHT, _MARGIN, _BAR = 8.4, 18, 14, 30
_FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
_COLOURS = {
    "default": "#d6dbe5",
    "red": "#ff7b72",
    "green": "#7ee787",
    "brown": "#e3b341",
    "blue": "#79c0ff",
    "magenta": "#d2a8ff",
    "cyan": "#76e3ea",
    "white": "#ffffff",
    "brightblack": "#8b949e",
}


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one line that look alike; `column` is where they begin."""

    column: int
    text: str
    colour: str
    bold: bool


Line = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What the screen shows for so many seconds."""

    seconds: float
    lines: tuple[Line, ...]


def record(
    commands: Iterable[str], directory: Path, env: Mapping[str, str], *, codes: Collection[int] = (0,)
) -> list[Frame]:
    """Type the commands one after the other and run each of them for real. `codes`: how they may end."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    frames: list[Frame] = []
    for command in commands:
        frames += _typed(command, screen, stream)
        for seconds, data in _run(command, directory, env, codes):
            frames.append(Frame(min(seconds * PACE, LONGEST), _lines(screen)))
            stream.feed(data)
        frames.append(Frame(READING, _lines(screen)))
    stream.feed(b"\x1b[1;32m$\x1b[0m ")
    return _merged([*frames, Frame(END, _lines(screen))])


def _typed(command: str, screen: pyte.Screen, stream: pyte.ByteStream) -> Iterator[Frame]:
    stream.feed(b"\x1b[1;32m$\x1b[0m ")
    for at in range(0, len(command), 3):
        yield Frame(TYPING, _lines(screen))
        stream.feed(command[at : at + 3].encode())
    yield Frame(4 * TYPING, _lines(screen))
    stream.feed(b"\r\n")


def _run(
    command: str, directory: Path, env: Mapping[str, str], codes: Collection[int]
) -> Iterator[tuple[float, bytes]]:
    """What the command writes, with the seconds since it wrote last."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(directory)
        os.execvpe("sh", ["sh", "-c", command], {**env, "TERM": "xterm-256color"})  # noqa: S606 - a child of our own
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    since = time.monotonic()
    while data := _read(terminal):
        now = time.monotonic()
        yield now - since, data
        since = now
    os.close(terminal)
    if (code := os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])) not in codes:
        raise RuntimeError(f"`{command}` ended with {code}")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other side is closed
        return b""


def _lines(screen: pyte.Screen) -> tuple[Line, ...]:
    return tuple(tuple(_line(screen.buffer[row])) for row in range(ROWS))


def _line(cells: Mapping[int, pyte.screens.Char]) -> Iterator[Run]:
    column = 0
    shown = [cells[n] for n in range(COLUMNS)]
    for (colour, bold), found in groupby(shown, key=lambda cell: (cell.fg, cell.bold)):
        text = "".join(cell.data for cell in found)
        if text.strip():
            lead = len(text) - len(text.lstrip())
            yield Run(column + lead, text.strip(), colour, bold)
        column += len(text)


def _merged(frames: Iterable[Frame]) -> list[Frame]:
    """Frames that look alike are one."""
    grouped = groupby(frames, key=lambda frame: frame.lines)
    return [Frame(sum(frame.seconds for frame in found), lines) for lines, found in grouped]


def film(frames: Sequence[Frame]) -> str:
    """The SVG: all frames side by side, of which a window shows one after the other."""
    width, height = COLUMNS * _WIDTH + 2 * _MARGIN, ROWS * _HEIGHT + _MARGIN + _BAR
    known = {line: f"l{n}" for n, line in enumerate(dict.fromkeys(line for f in frames for line in f.lines if line))}
    # What shows where nothing moves: printed, or on the reader's wish.
    last = f"transform:translateX({-(len(frames) - 1) * width:.0f}px)"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" '
            f'height="{height}" role="img" aria-label="A recording of nivis in a terminal">',
            f"<style>.film{{{last}}}{_keyframes(frames, width)}",
            "@media (prefers-reduced-motion:reduce){.film{animation:none}}",
            f"text{{font:14px {_FONT};white-space:pre}}</style>",
            f'<rect width="100%" height="100%" rx="8" fill="#0d1117"/><g>{_buttons()}</g>',
            f"<defs>{''.join(_defined(line, name) for line, name in known.items())}</defs>",
            f'<svg x="{_MARGIN}" y="{_BAR}" width="{COLUMNS * _WIDTH:.0f}" height="{ROWS * _HEIGHT}"><g class="film">',
            *(_strip(frame, n * width, known) for n, frame in enumerate(frames)),
            "</g></svg></svg>\n",
        ]
    )


def _keyframes(frames: Sequence[Frame], width: float) -> str:
    total = sum(frame.seconds for frame in frames)
    begins = accumulate((frame.seconds for frame in frames), initial=0.0)
    steps = [
        f"{begin / total:.3%}{{transform:translateX({-n * width:.0f}px)}}"
        for n, begin in enumerate(begins)
        if n < len(frames)
    ]
    last = f"to{{transform:translateX({-(len(frames) - 1) * width:.0f}px)}}"
    animation = f".film{{animation:film {total:.1f}s step-end infinite}}"
    return f"@keyframes film{{{''.join(steps)}{last}}}{animation}"


def _buttons() -> str:
    colours = ("#ff5f56", "#ffbd2e", "#27c93f")
    return "".join(f'<circle cx="{18 + 18 * n}" cy="15" r="5" fill="{colour}"/>' for n, colour in enumerate(colours))


def _defined(line: Line, name: str) -> str:
    return f'<g id="{name}">{"".join(map(_text, line))}</g>'


def _text(run: Run) -> str:
    """A run as wide as its characters are in a terminal, whatever font the reader has."""
    colour, weight = _COLOURS.get(run.colour, _COLOURS["default"]), ' font-weight="bold"' if run.bold else ""
    place = f'x="{run.column * _WIDTH:.1f}" textLength="{len(run.text) * _WIDTH:.1f}" lengthAdjust="spacingAndGlyphs"'
    return f'<text {place} fill="{colour}"{weight}>{escape(run.text)}</text>'


def _strip(frame: Frame, x: float, known: Mapping[Line, str]) -> str:
    rows = [
        f'<use href="#{known[line]}" y="{n * _HEIGHT + 14}"/>' for n, line in enumerate(frame.lines) if line in known
    ]
    return f'<g transform="translate({x:.0f})">{"".join(rows)}</g>'
