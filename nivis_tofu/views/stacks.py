"""Many stacks -> text and JSON: what each one's verb printed, and one line each at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.errors import ExitCode
from nivis_tofu.core.outcome import Counts
from nivis_tofu.core.visible import line
from nivis_tofu.ir.model import IR
from nivis_tofu.stacks.order import Order
from nivis_tofu.stacks.outcome import Result
from nivis_tofu.tofu.raw_state import RawOutput
from nivis_tofu.views import state
from nivis_tofu.views.human import Style
from nivis_tofu.views.page import Page, Text, lines, report
from nivis_tofu.views.summary import counted

_ASKED = {"delete": "destroy", "replace": "replace", "create": "add", "update": "change", "import": "import"}
_MARKS = {"done": "✓", "waits": "?", "failed": "✗", "unknown": "✗", "not started": "-"}


def listed(order: Order, names: Sequence[str], irs: Mapping[str, IR], states: Mapping[str, str]) -> Page:
    """These stacks, each with the stacks that it uses. `states`: where each has its state."""
    rows = [line(f"{name}{_uses(order, name)}") for name in names]
    body = {
        "stacks": [
            {
                "name": name,
                "uses": sorted(order.uses[name]),
                "used_by": sorted(order.users.get(name, ())),
                "resources": len(irs[name].managed) if name in irs else None,
                "state": states.get(name),
            }
            for name in names
        ]
    }
    return report(body, lines(*rows))


def _uses(order: Order, name: str) -> str:
    used = ", ".join(sorted(order.uses[name]))
    return f" (uses {used})" if used else ""


def graph(order: Order, form: str) -> Page:
    """Who uses whom; arrows go in the direction of time."""
    edges = [(used, name) for name in order.names for used in sorted(order.uses[name])]
    match form:
        case "dot":
            rows = ["digraph stacks {", *(f'  "{n}";' for n in order.names)]
            rows += [*(f'  "{a}" -> "{b}";' for a, b in edges), "}"]
        case "mermaid":
            rows = ["graph LR", *(f"  {_node(n)}" for n in order.names)]
            rows += [f"  {_key(a)} --> {_key(b)}" for a, b in edges]
        case _:
            rows = [f"{n}{' <- ' + ', '.join(sorted(order.uses[n])) if order.uses[n] else ''}" for n in order.names]
    body = {"stacks": list(order.names), "edges": [{"from": a, "to": b} for a, b in edges]}
    return report(body, lines(*rows))


def _key(name: str) -> str:
    # `end` and `graph` are words of the language.
    return "s_" + name.replace("-", "__")


def _node(name: str) -> str:
    return f'{_key(name)}["{name}"]'


def ended(results: Mapping[str, Result], verb: str, *, exit_code: bool = False) -> Page:
    """What became of each stack. `exit_code`: 2 if a plan changes something."""
    body = {"verb": verb, "stacks": [_document(r) for r in results.values()]}
    page = report(body, _text(results, verb))
    return Page(page.document, page.text, code=_code(results, verb, exit_code), reading=verb == "plan")


def _text(results: Mapping[str, Result], verb: str) -> Text:
    def text(style: Style) -> str:
        if not results:
            return "No stack is affected.\n"
        return "".join([*bodies(results), *(f"{row}\n" for row in summary(results, verb, style))])

    return text


def bodies(results: Mapping[str, Result]) -> Iterator[str]:
    """What each one printed, below its name."""
    for found in results.values():
        if found.text:
            yield f"{found.stack}:\n{found.text}\n"


def summary(results: Mapping[str, Result], verb: str, style: Style) -> list[str]:
    """A line for each stack."""
    return [f" {style.marker(_MARKS[r.state])} {line(f'{r.stack}: {told(r, verb)}')}" for r in results.values()]


def told(found: Result, verb: str) -> str:
    """What became of one stack, in few words."""
    match found.state:
        case "not started":
            return f"not started, waits for {', '.join(found.because)}" if found.because else "not started"
        case "unknown":
            return "nobody knows what became of it: look at its state before it is run again"
        case "failed":
            return f"failed{_reason(found)}"
        case "waits":
            return f"{_counts(found, verb)}; it waits for something that is not there yet{_reason(found)}"
        case "done":
            return _counts(found, verb)


def _reason(found: Result) -> str:
    """The first error."""
    for diagnostic in found.document.get("diagnostics", ()):
        if diagnostic.get("severity") == "error":
            return f": {diagnostic['summary']}"
    heads = [row.removeprefix("error: ") for row in found.narrative if row.startswith("error: ")]
    if heads:
        return f": {heads[0]}"
    if found.code is not None and found.code < 0:
        return f": signal {-found.code} ended it, its engine may be at work yet"
    return ""


def _counts(found: Result, verb: str) -> str:
    if verb == "plan":
        if not found.changes:
            return "no changes"
        of = found.actions
        counts = Counts(
            of.get("import", 0),
            of.get("create", 0) + of.get("replace", 0),
            of.get("update", 0),
            of.get("delete", 0) + of.get("replace", 0),
            of.get("forget", 0),
        )
        return counted(counts).removeprefix("Plan: ")
    steps = [s["action"] for s in found.document.get("steps", ())]
    if not steps:
        return "outputs changed" if found.document.get("outputs_changed") else "no changes"
    return f"{steps.count('create')} added, {steps.count('update')} changed, {steps.count('delete')} destroyed"


def _document(found: Result) -> dict[str, Any]:
    return {
        "stack": found.stack,
        "state": found.state,
        "exit_code": found.code,
        "because": list(found.because),
        "result": dict(found.document),
    }


def _code(results: Mapping[str, Result], verb: str, exit_code: bool) -> ExitCode:
    for code in (ExitCode.INTERRUPTED, ExitCode.TERMINATED):
        if any(r.code == code for r in results.values()):
            return code
    states = {r.state for r in results.values()}
    if states & {"failed", "unknown"}:
        return ExitCode.ERROR
    if states & {"waits", "not started"}:
        return ExitCode.NOT_CONVERGED
    changes = exit_code and verb == "plan" and any(r.changes for r in results.values())
    return ExitCode.CHANGES if changes else ExitCode.OK


def question(plans: Mapping[str, Result], *, every: bool) -> str:
    """What is asked before stacks are applied; "" if there is nothing to ask about. `every`: about any change."""
    total = Counter[str]()
    for plan in plans.values():
        total.update(plan.actions)
    wanted = _ASKED if every else {k: v for k, v in _ASKED.items() if k in ("delete", "replace")}
    parts = [f"{word} {total[action]}" for action, word in wanted.items() if total[action]]
    if not parts:
        return "Change outputs?" if every and any(p.changing for p in plans.values()) else ""
    here = [n for n, p in plans.items() if wanted.keys() & p.actions.keys()]
    what = "resource" if sum(total[action] for action in wanted) == 1 else "resources"
    text = f"{' and '.join(filter(None, [', '.join(parts[:-1]), parts[-1]]))} {what} in {', '.join(here)}?"
    return text[:1].upper() + text[1:]


def outputs(found: Mapping[str, Mapping[str, RawOutput]]) -> Page:
    """The outputs of each stack; the document has secrets, as that of one stack has."""
    pages = {name: state.outputs(values, secrets=False) for name, values in found.items()}
    body = {n: json_text.loads(page.document()) for n, page in pages.items()}
    return Page(
        lambda: json_text.dumps(body, indent=2),
        lambda style: "\n".join(f"{line(name)}:\n{page.text(style)}" for name, page in pages.items()),
        reading=True,
    )
