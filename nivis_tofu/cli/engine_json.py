"""`-json` and `-json-into` with one dash: the run as OpenTofu's own stream tells it, on stdout or into a file."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from nivis_tofu.cli import result
from nivis_tofu.cli.common import Common
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.events import Event, Warned
from nivis_tofu.core.outcome import Applied, Preview

if TYPE_CHECKING:
    from nivis_tofu.run.decide.position import Position
    from nivis_tofu.run.session import Session
    from nivis_tofu.tofu.raw_state import RawOutput
    from nivis_tofu.views.engine_lines import EngineLines


class Lines:
    """The JSON stream of one command; without effect if nobody asked for it."""

    def __init__(self, common: Common, verb: str) -> None:
        self._verb = verb
        into = common.tofu_json_into
        self._write = result.JsonLines(stdout=common.tofu_json, file=into and result.json_file(common, into))
        self.wanted = self._write.wanted
        self._session: Session | None = None
        self._out: EngineLines | None = None

    @property
    def out(self) -> EngineLines:
        from nivis_tofu.views.engine_lines import EngineLines

        if self._out is None:
            self._out = EngineLines(self._write, self._verb, self._version)
        return self._out

    def heard_in(self, session: Session) -> Session:
        """The session with this stream as a listener."""
        self._session = session
        if not self.wanted:
            return session
        return replace(session, emit=self._hearing(session.emit)).with_engine(on_raw=self.out.engine)

    def planned(self, preview: Preview, at: Position, *, destroying: bool, whole: bool) -> None:
        """What a plan came to; `whole`: nothing was left out of it."""
        if self.wanted:
            if destroying:
                preview = _all_gone(preview, at, whole=whole)
            secret = {name for name, o in at.snapshot.outputs.items() if o.sensitive}
            self.out.plan(preview, secret | {o.name for o in at.ir.outputs.values() if o.sensitive})

    def applied(self, result: Applied, operation: str, session: Session) -> None:
        """What an apply came to; `session`: in which the state can be read now."""
        if not self.wanted:
            return
        if result.error is None:
            self.out.applied(operation, session.workdir.state.snapshot().outputs)
        else:
            self.failed(result.error)

    def refreshed(self, outputs: Mapping[str, RawOutput]) -> None:
        if self.wanted:
            self.out.outputs(outputs)

    def failed(self, error: NivisError) -> None:
        from nivis_tofu.views import errors

        for found in errors.whole(error) if self.wanted else ():
            self.out.diagnostic(found)

    def _hearing(self, inner: Callable[[Event], None]) -> Callable[[Event], None]:
        def emit(event: Event) -> None:
            inner(event)
            if isinstance(event, Warned):
                self.out.diagnostic(event.diagnostic)

        return emit

    def _version(self) -> str:
        return self._session.tofu.version() if self._session else ""


def _all_gone(preview: Preview, at: Position, *, whole: bool) -> Preview:
    """What a destroy takes, as the engine tells it: one by one, and the outputs with it if nothing stays."""
    from nivis_tofu.ir.engine_name import module_of
    from nivis_tofu.tofu.address_syntax import bare

    several: dict[str, list[str]] = {}
    for instance in at.snapshot.instances:
        if not instance.deposed:
            several.setdefault(bare(instance.address), []).append(instance.address)
    lines = tuple(replace(x, address=a) for x in preview.lines for a in sorted(several.get(x.address, [x.address])))
    gone = tuple((n, "delete") for n in sorted(at.snapshot.outputs) if whole and not module_of(n))
    return replace(preview, lines=lines, outputs=gone)


@contextlib.contextmanager
def engine_lines(common: Common, verb: str) -> Iterator[Lines]:
    """The stream, to which what goes wrong is added."""
    lines = Lines(common, verb)
    try:
        yield lines
    except NivisError as error:
        lines.failed(error)
        raise
