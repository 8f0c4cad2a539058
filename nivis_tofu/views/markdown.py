"""Plans and runs as Markdown: for a pull request, and for the summary page of a pipeline.

Data: a preview -> blocks, one a resource -> as many of them as fit -> one section a phase, and what was left out
is counted. No plan is longer than `LIMIT` characters, whatever is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate

from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.outcome import Applied, Line, Preview
from nivis_tofu.views import diff, ending, human, summary
from nivis_tofu.views.human import MARKERS, Style
from nivis_tofu.views.markdown_text import code, fenced, html, mermaid, prose, table

LIMIT = 64_000
"""Characters of a document; forges cut a comment at 65,536 and refuse it above."""
_BLOCK = 6_000
"""Characters of one resource."""
_ROW = 1_000
_ERROR = 8_000
_MANY = 20
"""Phases in a graph, errors, warnings; with more changes than that their sections are folded."""
_AROUND = 200
"""What stands around a section, and the sentence about what was left out."""


def plan(preview: Preview, verb: str = "plan") -> str:
    """A document for review: counts, a section per phase, outputs, the graph of phases, drift, warnings."""
    head = f"### nivis {verb}\n\n{_sentence(preview)}\n"
    graph, tail = _graph(preview), _drift(preview) + _warnings(preview)
    if preview.empty:
        return head + tail
    room, titles = LIMIT - len(head) - len(graph) - len(tail) - _AROUND, _titles(preview)
    blocks = [_block(line, preview) for lines in preview.by_phase.values() for line in lines]
    blocks += [_output(name, action, preview) for name, action in preview.outputs]
    chosen = _chosen(blocks, titles, room)
    return head + _sections(titles, chosen) + _left_out(blocks, chosen) + graph + tail


def applied(result: Applied, verb: str) -> str:
    """What a run did, phase by phase, what failed and what was not started."""
    head = f"### nivis {verb}\n\n{result.tally.counted} resource(s) across {result.tally.phases} phase(s).\n"
    words = {a.id: a.word or "created" for a in result.tally.acted.values()}
    rows = [(words[s.id], code(s.id), str(s.phase), f"{s.seconds:.0f} s") for s in result.tally.steps]
    rows += [("**failed**", code(i), "", "") for i in dict.fromkeys(result.tally.failed)]
    rows += [("**half-way**", code(i), "", ending.HALF[o].split(", ")[1]) for i, o in result.half.items()]
    rows += [("not started", code(i), "", "") for i in result.not_started]
    tail = failure(result.error) if result.error else ""
    if not result.complete and result.error is None:
        tail += "\nLater phases remain.\n"
    kept, room = [], LIMIT - len(head) - len(tail) - 1_000
    for row in rows:
        room -= sum(map(len, row)) + 20
        if room < 0:
            break
        kept.append(row)
    text = "\n" + table(("", "resource", "phase", "time"), kept) if kept else ""
    if len(kept) < len(rows):
        text += f"\n{len(rows) - len(kept)} more are not listed.\n"
    return head + text + tail


def failed(problem: NivisError, verb: str) -> str:
    """The document of a run without a result."""
    return f"### nivis {verb}\n\nIt failed.\n{failure(problem)}"


def failure(problem: NivisError) -> str:
    """Errors as quotes, with a foreign tool's text as a block of code."""
    texts = []
    for found in problem.diagnostics:
        rows = [f"**{_prose(found.summary)}**", *(code(at) for at in [found.address[:_ROW]] if at)]
        rows += [_prose(found.detail)] if found.detail.strip() else []
        rows += [f"hint: {_prose(found.hint)}"] if found.hint else []
        texts.append("\n" + "".join(f"> {row}\n" for row in rows))
    text = _some(texts, "errors")
    if problem.raw.strip():
        rows = ["", *fenced(problem.raw.strip("\n")[-_ERROR:].splitlines()).splitlines()]
        text += "".join(f"> {row}".rstrip() + "\n" for row in rows)
    return text


def _some(texts: Sequence[str], what: str) -> str:
    """As many of these as there is room for beside a plan; the others are counted."""
    sizes = accumulate(map(len, texts))
    kept = sum(1 for size in sizes if size <= _ERROR)
    more = f"\n{len(texts) - kept} more {what}.\n" if kept < len(texts) else ""
    return "".join(texts[:kept]) + more


def _prose(text: str) -> str:
    """A paragraph on one line; a long one is cut."""
    flat = " ".join(text.split())
    return prose(flat if len(flat) <= _ROW else f"{flat[:_ROW]}…")


@immutable
class _Block:
    """One resource or output: its line, and below it what becomes of its attributes."""

    phase: int
    title: str
    rows: tuple[str, ...] = ()

    @cached_property
    def text(self) -> str:
        return fenced([self.title, *self.rows], "diff")


def _sentence(preview: Preview) -> str:
    if not preview.changes:
        done = f"No changes. {preview.total} resource(s) up to date."
        return f"{len(preview.outputs)} output(s) change." if preview.outputs else done
    phases = len(preview.by_phase)
    counted = summary.counted(preview.counts)
    return f"**{counted}, in {phases} phase{'s' if phases > 1 else ''}.**"


def _block(line: Line, preview: Preview) -> _Block:
    return _Block(line.phase, _marked(human.row(line, Style())), tuple(_rows(diff.attributes(line, Style()))))


def _output(name: str, action: str, preview: Preview) -> _Block:
    title = f"{MARKERS.get(action, '~')} output.{name}"
    return _Block(0, _marked(f" {title}"), tuple(_rows(diff.values(preview.values.get(name, ()), Style()))))


def _rows(lines: list[str]) -> Iterator[str]:
    """Lines with their marker in the first column, where a diff is coloured by it; long ones are cut."""
    room = _BLOCK
    for n, text in enumerate(lines):
        row = _marked(text)
        if len(row) > _ROW:
            row = f"{row[:_ROW]}… ({len(row) - _ROW} more characters)"
        room -= len(row) + 1
        if room < 0:
            yield f"    … {len(lines) - n} more lines"
            return
        yield row


def _marked(text: str) -> str:
    """`     ~ a = 1` -> `!     a = 1`: what a diff marks as changed."""
    inner = text.lstrip(" ")
    mark, _, rest = inner.partition(" ")
    pad = " " * (len(text) - len(inner))
    match mark:
        case "+" | "-" | "-/+":
            return f"{mark}{pad}{rest}"
        case "~":
            return f"!{pad}{rest}"
        case _:
            return f" {pad[1:]}{inner}"


def _chosen(blocks: list[_Block], titles: Mapping[int, str], room: int) -> list[_Block]:
    """As many blocks as fit: all their lines first, then their attributes, in order."""
    kept: list[_Block] = []
    open_: set[int] = set()
    for block in blocks:
        bare = _Block(block.phase, block.title[:_ROW])
        room -= len(bare.text) + (0 if block.phase in open_ else len(titles[block.phase]) + _AROUND)
        if room < 0:
            break
        open_.add(block.phase)
        kept.append(bare)
    for n, block in enumerate(blocks[: len(kept)]):
        room -= len(block.text) - len(kept[n].text)
        if room < 0:
            break
        kept[n] = block
    return kept


def _left_out(blocks: list[_Block], chosen: list[_Block]) -> str:
    short = sum(1 for whole, kept in zip(blocks, chosen, strict=False) if whole.rows and not kept.rows)
    found = []
    if short:
        found.append(f"{short} are listed without their attributes")
    if len(chosen) < len(blocks):
        found.append(f"{len(blocks) - len(chosen)} more changes are not listed")
    return f"\nThe plan is longer than a comment may be: {' and '.join(found)}.\n" if found else ""


def _titles(preview: Preview) -> dict[int, str]:
    """Phase -> what stands on its section, as HTML; 0 is for outputs."""
    found = {0: "Outputs"}
    phases, awaited = preview.by_phase, preview.waits
    for phase, lines in phases.items():
        counted = html(summary.counted(Preview(lines).counts).removeprefix("Plan: "))
        unknown = sum(1 for x in lines if x.action == "unknown")
        counted += f", {unknown} not known yet" if unknown else ""
        waits = html(summary.some(awaited.get(phase, ()), 5)[:_ROW])
        found[phase] = f"<b>Phase {phase}</b>: {counted}" if len(phases) > 1 else counted
        found[phase] += f", waits for <code>{waits}</code>" if waits else ""
    return found


def _sections(titles: Mapping[int, str], chosen: list[_Block]) -> str:
    """One that can be folded for each phase, then the outputs; all are open where there is little to read."""
    attribute = " open" if len(chosen) <= _MANY else ""
    by_phase = {phase: [b for b in chosen if b.phase == phase] for phase in [*sorted(titles.keys() - {0}), 0]}
    return "".join(
        f"\n<details{attribute}>\n<summary>{titles[phase]}</summary>\n\n{''.join(_code_blocks(blocks))}\n</details>\n"
        for phase, blocks in by_phase.items()
        if blocks
    )


def _code_blocks(blocks: list[_Block]) -> Iterator[str]:
    """One block of code a resource; those without attributes share one."""
    bare: list[str] = []
    for block in blocks:
        if not block.rows:
            bare.append(block.title)
            continue
        if bare:
            yield fenced(bare, "diff")
            bare = []
        yield block.text
    if bare:
        yield fenced(bare, "diff")


def _graph(preview: Preview) -> str:
    """Phases in the direction of time, with what each waits for."""
    phases = preview.by_phase
    if len(phases) < 2 or len(phases) > _MANY:
        return ""
    rows, awaited = ["flowchart LR"], preview.waits
    for phase, lines in phases.items():
        names = [mermaid(x.id)[:100] for x in lines[:5]] + ([f"… {len(lines) - 5} more"] if len(lines) > 5 else [])
        rows.append(f'  p{phase}["<b>phase {phase}</b><br>{"<br>".join(names)}"]')
    for phase in list(phases)[1:]:
        waits = "<br>".join(mermaid(w)[:100] for w in awaited.get(phase, ())[:5])
        rows.append(f'  p{phase - 1} -- "{waits}" --> p{phase}' if waits else f"  p{phase - 1} --> p{phase}")
    return "\n" + fenced(rows, "mermaid")


def _drift(preview: Preview) -> str:
    drifted = [line for line in preview.lines if line.drift]
    if not drifted:
        return ""
    rows = [text for x in drifted for text in (f"  {x.id[:_ROW]}", *_rows(diff.values(x.drift, Style())))]
    most = sum(1 for size in accumulate(len(r) + 1 for r in rows) if size <= _ERROR)
    rows = rows[:most] + ([f"  … {len(rows) - most} more lines"] if most < len(rows) else [])
    return "\n<details>\n<summary>Changed outside of nivis</summary>\n\n" + fenced(rows, "diff") + "\n</details>\n"


def _warnings(preview: Preview) -> str:
    return _some([f"\n> ⚠ **{_prose(w.summary)}** {_prose(w.detail)}\n" for w in preview.warnings], "warnings")
