"""A request -> a Session: finds the tools, names the directories, takes the lock. The one way to start a run.

Nothing of the process is changed or printed here, so that runs of several threads do not meet.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from pathlib import Path

from nivis_tofu.api import told
from nivis_tofu.api.generated_inputs import restored
from nivis_tofu.api.request import RunRequest, seconds_of
from nivis_tofu.api.target_files import named_in
from nivis_tofu.api.tools import found_tools
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.events import Event, Ran, Signalled, Told, Warned
from nivis_tofu.core.immutable import immutable
from nivis_tofu.core.redactor import Redactor
from nivis_tofu.nix import variables
from nivis_tofu.nix.evaluate import Nix, no_flake
from nivis_tofu.project import engine_init
from nivis_tofu.project.memory import Remembered
from nivis_tofu.project.workdir import Workdir
from nivis_tofu.run.decide.options import Options
from nivis_tofu.run.decide.select import Selection
from nivis_tofu.run.session import Session
from nivis_tofu.run.siblings import CHANGING, Siblings
from nivis_tofu.run.siblings import told as changing
from nivis_tofu.run.standing_state import outputs
from nivis_tofu.system import notes, outlived_engine, project_lock
from nivis_tofu.system.around import Around, unwatched
from nivis_tofu.system.signals import Stop
from nivis_tofu.telemetry.current import SPANS, within_host
from nivis_tofu.tofu.argv import Locking
from nivis_tofu.tofu.client import Tofu
from nivis_tofu.tofu.env import engine_env
from nivis_tofu.tofu.provider_log import ProviderLog
from nivis_tofu.tofu.raw_state import RawOutput
from nivis_tofu.tofu.site import Site

Tell = Callable[[Event], None]


def _silence(_: Event) -> None:
    """Nobody listens."""


def _nobody(_: str) -> str | None:
    """Nobody is there to be asked."""


@immutable
class Hearing:
    """Who hears of a run, and who answers."""

    tell: Tell = _silence
    note: Callable[[str], None] = lambda _: None
    """Gets what is told even where only errors are wanted: a line of the provider log, an unusual engine."""
    ask_variable: Callable[[str], str | None] = _nobody
    """Gives the value of a variable that the flake misses; None: nobody answers."""
    stop: Stop | None = None
    """What stops the run from elsewhere; signals do in any case."""
    around: Around = unwatched
    """Opened around each process."""

    def traced(self, redactor: Redactor) -> Hearing:
        """The same, and beside it the spans of the run that goes on, if somebody wants any."""
        if (spans := SPANS.get()) is None:
            return self
        spans.hides(redactor.redact)
        return replace(self, tell=spans.heard_too(self.tell), around=spans.around)


@contextlib.contextmanager
def opened(
    request: RunRequest,
    command: str,
    hearing: Hearing,
    *,
    lock: bool = True,
    flake: bool = True,
    engine: bool = True,
) -> Iterator[Session]:
    """The session of a request; the project is locked meanwhile, unless the run only reads. Raises NivisError.

    `command`: what others are told who find it locked. `flake`: without one there is nothing to do. `engine`: as for
    `make`.
    """
    root = _directory(request, flake=flake)
    with within_host(command.rpartition(".")[2].removeprefix("nivis ")):
        session = make(request, root, hearing, engine=engine, reader=not lock)
        with _locked(session, command, request) if lock else contextlib.nullcontext():
            try:
                yield session
            except NivisError as error:
                raise session.locator.located(error) from error


def _directory(request: RunRequest, *, flake: bool) -> Path:
    """Where nivis keeps what is not the user's; made if it is not there."""
    project = request.project
    there = (project / ".nivis").is_dir() or (project / "flake.nix").is_file() or ":" in request.flake
    if flake and not there:
        raise no_flake(project)  # a work directory would be left where nothing else is
    return notes.work_directory(project, request.namespace.work)


@contextlib.contextmanager
def _locked(session: Session, command: str, request: RunRequest) -> Iterator[None]:
    """Hold the lock of the project; nothing of a run before is at work then."""
    root, wait, stop = session.workdir.root, seconds_of(request.lock_timeout), session.tofu.stop
    check = stop.check if stop else lambda: None

    def tell(text: str) -> None:
        session.emit(Told(text))

    with project_lock.run_lock(root, command, wait, tell, check):
        outlived_engine.await_end(root, wait, tell, check)
        engine_init.clear(session.workdir)
        try:
            yield
        finally:
            # All that is planned is in it, secrets too. What the user wants to keep is somewhere else by now.
            session.workdir.plan_file.unlink(missing_ok=True)


def make(
    request: RunRequest,
    root: Path,
    hearing: Hearing | None = None,
    *,
    engine: bool = True,
    others: bool = True,
    reader: bool = False,
) -> Session:
    """The session of a request. Raises NivisError.

    `engine`: without one it can do nothing; else an engine is missed only by what asks it something (a state in a
    remote backend). `others`: it asks for what the other stacks have. `reader`: others may be at work here meanwhile.
    """
    tools, redactor = found_tools(request, engine=engine), Redactor()
    hearing = (hearing or Hearing()).traced(redactor)
    if tools.engine.note:
        hearing.note(tools.engine.note)
    if request.backend not in (None, "local"):
        raise NivisError.of(
            "Unknown --backend", f"`--backend {request.backend}`: only `local` can be chosen here.",
            "Declare any other backend in the flake: `lib.toIR { backend = { type = …; }; }`.",
        )  # fmt: skip
    tofu = replace(
        _engine(request, root, hearing, redactor), program=tools.engine.exe, kind=tools.engine.kind, absent=tools.absent
    )
    project = request.project
    workdir = Workdir.open(
        project,
        root,
        request.state_file,
        tofu,
        force_local=request.backend == "local",
        state_chosen=request.state is not None,
        data_given=_data(request),
        root_given=None if request.root is None else project / request.root,
        namespace=request.namespace,
        reader=reader,
        backend_config=request.backend_config,
    )
    nix = Nix(
        exe=tools.nix,
        flake=request.flake if ":" in request.flake else ".",
        attr=request.attribute,
        project=project,
        work=root,
        library=request.lib,
        env=request.env,
        redact=redactor.redact,
        made=request.made,
        keep_out=(request.state_file, *(project / name for name in request.var_file)),
        stop=hearing.stop,
        on_command=tofu.on_command,
        around=tofu.around,
        on_said=lambda text, level: hearing.tell(Told(text, level)),
        generated=lambda: restored(session),
    )
    session = Session.bound(
        nix,
        workdir,
        _options(request),
        redactor,
        emit=hearing.tell,
        ask_variable=hearing.ask_variable,
        siblings=_siblings(request, root, hearing.stop) if others and request.stack else None,
    )
    session.locator.know(request.read)
    return session


def _data(request: RunRequest) -> Path | None:
    """The directory that the user wants for the engine's data; relative to the project, as everything else."""
    given = request.env.get("TF_DATA_DIR")
    return request.project / given if given else None


def _engine(request: RunRequest, root: Path, hearing: Hearing, redactor: Redactor) -> Tofu:
    data, log = _data(request), root / "provider.log"
    noted = {} if request.provider_log_level == "off" else _provider_log(log, request.provider_log_level)
    tell = hearing.tell

    def ran(argv: tuple[str, ...], seconds: float, code: int | None) -> None:
        tell(Ran(argv, seconds, code))

    return Tofu(
        Path("tofu"),
        "tofu",
        Site.alone(root / "work"),
        engine_env(request.env, **({"TF_DATA_DIR": str(data)} if data else {}), **noted),
        redactor,
        on_signal=lambda count: tell(Signalled(count)),
        on_command=ran,
        around=hearing.around,
        on_warning=lambda found: tell(Warned(found)),
        stop=hearing.stop,
        on_note=hearing.note,
        provider_log=ProviderLog(log, verbatim=request.provider_log_level == "trace") if noted else None,
    )


def _provider_log(file: Path, level: str) -> dict[str, str]:
    """Have the engine write what providers log to a file; our environment for it."""
    notes.clear(file)
    notes.write(file, "")
    return {"TF_LOG_PROVIDER": level.upper(), "TF_LOG_PATH": str(file)}


def _options(request: RunRequest) -> Options:
    project, env = request.project, request.env
    values, origins = variables.collect(env, request.var_file, request.var, project, request.stack or "")
    for name, value in request.variables.items():
        values[name], origins[name] = value, "the caller's `variables`"
    return Options(
        variables=values,
        origins=origins,
        refresh=request.refresh,
        build=request.build,
        parallelism=request.parallelism,
        ask=told.ask(env),
        one_plan=request.one_plan or told.one_plan(env),
        locking=Locking(request.lock, "" if request.lock_timeout in ("", "0s") else request.lock_timeout),
        max_phases=request.max_phases,
        no_destroy=request.no_destroy,
        checks=request.check,
        replace=request.replace,
        selection=Selection(
            (*request.target, *named_in(project / f for f in request.target_file)),
            (*request.exclude, *named_in(project / f for f in request.exclude_file)),
        ),
        engine_args=request.engine_args,
    )


def _siblings(request: RunRequest, root: Path, stop: Stop | None) -> Siblings:
    """The other stacks of the flake."""
    heard: MutableMapping[str, Mapping[str, RawOutput]] = {} if request.heard is None else request.heard

    def read(name: str) -> Mapping[str, RawOutput]:
        if name not in heard:
            heard[name] = outputs(sibling(request, name, stop=stop))
        return heard[name]

    return Siblings(read, Remembered(root), changing(request.env.get(CHANGING, ""), request.project))


def sibling(request: RunRequest, name: str, *, others: bool = False, stop: Stop | None = None) -> Session:
    """A silent session of another stack, with the options that are not about one stack alone.

    `others`: what it would make of yet others matters, too.
    """
    other = replace(request, stack=name, state=None, backend_config=(), root=None)
    root = notes.work_directory(request.project, other.namespace.work)
    return make(other, root, Hearing(stop=stop), engine=False, others=others, reader=True)
