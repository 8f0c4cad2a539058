"""Options -> a Session: finds the tools, names the directories, takes the lock."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nivis_tofu.cli import progress_view, told
from nivis_tofu.cli.ask import paused, question
from nivis_tofu.cli.common import ENGINE_ARGS, EVALUATED, Common, LogLevel, Noted
from nivis_tofu.cli.progress_view import Tell
from nivis_tofu.core.errors import NivisError
from nivis_tofu.core.events import Event, Ran, Signalled, Told, Warned
from nivis_tofu.core.visible import line

if TYPE_CHECKING:
    from nivis_tofu.run.session import Session
    from nivis_tofu.run.siblings import Siblings
    from nivis_tofu.views.progress import Progress

_MAYBE_SECRET = re.compile("pass|secret|token|key|credential|private|^pw", re.IGNORECASE)


@dataclass(frozen=True)
class Bound:
    """A session and the view of its progress."""

    session: Session
    progress: Progress
    interactive: bool


@contextlib.contextmanager
def bound(
    common: Common, command: str, *, lock: bool = True, flake: bool = True, engine: bool = True
) -> Iterator[Bound]:
    """Everything a verb needs; the project is locked meanwhile unless the verb only reads.

    `flake`: without one the verb has nothing to do. `engine`: without one it can do nothing; else an engine is missed
    only by what asks it something (a state in a remote backend).
    """
    # Not at the top: every verb's `--help` imports this module.
    from nivis_tofu.nix.evaluate import no_flake
    from nivis_tofu.project import engine_init
    from nivis_tofu.system import files, notes, outlived_engine, project_lock, signals

    files.private_umask()
    project = project_directory(common, above=flake)
    there = (project / ".nivis").is_dir() or (project / "flake.nix").is_file() or ":" in common.flake
    if flake and not there:
        raise no_flake(project)  # a work directory would be left where nothing else is
    root = notes.directory(notes.work_directory(project) / common.namespace.work)
    progress = progress_view.view(common, command)
    interactive = common.input_ and sys.stdin.isatty() and sys.stderr.isatty()
    ask = _asks(progress) if interactive else _nobody
    session = make_session(common, project, root, progress, ask, engine=engine)
    with contextlib.ExitStack() as stack:
        if lock:
            wait = seconds_of(common.lock_timeout)
            stack.enter_context(project_lock.run_lock(root, command, wait, lambda text: progress(Told(text))))
            outlived_engine.await_end(root, wait, lambda text: progress(Told(text)))
            engine_init.clear(session.space)
        stack.enter_context(progress)
        stack.enter_context(signals.leaving_tidily(progress.aside))
        try:
            yield Bound(session, progress, interactive)
        except NivisError as error:
            raise session.locator.located(error) from error


def _silence(event: Event) -> None:
    """Nobody listens."""


def _nobody(name: str) -> str | None:
    """Nobody is there to be asked."""


def _asks(progress: Progress) -> Callable[[str], str | None]:
    """Asks for the value of a variable, once each: who gave no answer is not asked again."""
    given: dict[str, str | None] = {}

    def ask(name: str) -> str | None:
        if name not in given:
            with paused(progress):
                given[name] = question(f"Value of the variable {name}: ", secret=bool(_MAYBE_SECRET.search(name)))
        return given[name]

    return ask


def make_session(
    common: Common,
    project: Path,
    root: Path,
    tell: Tell,
    ask_variable: Callable[[str], str | None],
    *,
    engine: bool = True,
    others: bool = True,
) -> Session:
    """A session that is heard by `tell`; `others`: it asks for what the other stacks have."""
    from nivis_tofu.cli.generated_inputs import restored
    from nivis_tofu.cli.target_files import named_in
    from nivis_tofu.cli.tools import found_tools
    from nivis_tofu.core.redactor import Redactor
    from nivis_tofu.nix import variables
    from nivis_tofu.nix.evaluate import Nix
    from nivis_tofu.project.workdir import Workspace
    from nivis_tofu.run.decide.options import Options
    from nivis_tofu.run.decide.select import Selection
    from nivis_tofu.run.session import Session
    from nivis_tofu.tofu.argv import Locking
    from nivis_tofu.tofu.client import Tofu
    from nivis_tofu.tofu.env import engine_env
    from nivis_tofu.tofu.provider_log import ProviderLog
    from nivis_tofu.tofu.site import Site

    env = dict(os.environ)
    tools = found_tools(common, project, env, engine=engine)
    redactor = Redactor()
    force_local = common.backend == "local"
    if common.backend not in (None, "local"):
        raise NivisError.of(
            "Unknown --backend", f"`--backend {common.backend}`: only `local` can be chosen here.",
            "Declare any other backend in the flake: `lib.toIR { backend = { type = …; }; }`.",
        )  # fmt: skip
    state_file = project / common.state_file
    values, origin = variables.collect(env, common.var_file or (), common.var or (), project, common.stack or "")
    # The directory that the user wants for the engine's data; relative to the project, as everything else.
    data = {"TF_DATA_DIR": str(project / env["TF_DATA_DIR"])} if env.get("TF_DATA_DIR") else {}
    log = root / "provider.log"
    noted = {} if common.provider_log_level is Noted.off else _provider_log(log, common.provider_log_level.value)
    engine_environment = engine_env(env, **data, **noted)

    def ran(argv: tuple[str, ...], seconds: float, code: int | None) -> None:
        tell(Ran(argv, seconds, code))

    tofu = Tofu(
        tools.engine.exe,
        tools.engine.kind,
        Site.alone(root / "work"),
        engine_environment,
        redactor,
        absent=tools.absent,
        on_signal=lambda count: tell(Signalled(count)),
        on_command=ran,
        on_warning=lambda found: tell(Warned(found)),
        on_note=lambda text: progress_view.note(text, common, tell),
        provider_log=ProviderLog(log, verbatim=common.provider_log_level is Noted.trace) if noted else None,
    )
    space = Workspace.open(
        project,
        root,
        state_file,
        tofu,
        force_local=force_local,
        state_chosen=common.state is not None,
        data_given=Path(data["TF_DATA_DIR"]) if data else None,
        root_given=None if common.root is None else project / common.root,
        namespace=common.namespace,
        backend_config=tuple(common.backend_config or ()),
    )
    session = Session.bound(
        Nix(
            exe=tools.nix,
            flake=common.flake if ":" in common.flake else ".",
            attr=common.attribute,
            project=project,
            work=root,
            library=common.lib.value,
            env=env,
            redact=redactor.redact,
            made=EVALUATED.get({}),
            keep_out=(state_file, *(project / name for name in common.var_file or ())),
            on_command=ran,
            on_said=lambda text, level: tell(Told(text, level)),
            generated=lambda: restored(session),
        ),
        space,
        Options(
            variables=values,
            origins=origin,
            refresh=common.refresh,
            build=common.build,
            parallelism=common.parallelism,
            ask=told.ask(env),
            one_plan=common.one_plan.value if common.one_plan else told.one_plan(env),
            locking=Locking(common.lock, "" if common.lock_timeout in ("", "0s") else common.lock_timeout),
            max_phases=common.max_phases,
            no_destroy=common.no_destroy,
            checks=tuple(common.check or ()),
            replace=tuple(common.replace or ()),
            selection=Selection(
                (*(common.target or ()), *named_in(project / f for f in common.target_file or ())),
                (*(common.exclude or ()), *named_in(project / f for f in common.exclude_file or ())),
            ),
            engine_args=ENGINE_ARGS.get(),
        ),
        redactor,
        emit=tell,
        ask_variable=ask_variable,
        siblings=_siblings(common, project, root) if others and common.stack else None,
    )
    if common.log_level.value == "debug":
        for name, where in origin.items():
            print(Told(f"variable {name} comes from {where}").text, file=sys.stderr)
    return session


def _siblings(common: Common, project: Path, root: Path) -> Siblings:
    """The other stacks of the flake."""
    from nivis_tofu.project.memory import Remembered
    from nivis_tofu.run.siblings import CHANGING, Siblings, told
    from nivis_tofu.run.standing_state import outputs

    changing = told(os.environ.get(CHANGING, ""))
    return Siblings(lambda name: outputs(sibling(common, project, name)), Remembered(root), changing)


def sibling(common: Common, project: Path, name: str, *, others: bool = False) -> Session:
    """A session of another stack, with the options that are not about one stack alone.

    `others`: what it would make of yet others matters, too.
    """
    from nivis_tofu.system import notes

    other = replace(common, stack=name, state=None, backend_config=None, root=None)
    root = notes.directory(notes.work_directory(project) / other.namespace.work)
    return make_session(other, project, root, _silence, _nobody, engine=False, others=others)


def _provider_log(file: Path, level: str) -> dict[str, str]:
    """Have the engine write what providers log to a file; our environment for it."""
    file.write_text("", encoding="utf-8")
    return {"TF_LOG_PROVIDER": level.upper(), "TF_LOG_PATH": str(file)}


def project_directory(common: Common, *, above: bool = False) -> Path:
    """The flake's directory; for a remote flake the current one.

    `above`: where the current directory has no flake, that of the next flake above, within the git work tree.
    """
    path = Path(common.flake).expanduser()
    if path.is_dir():
        path = path.resolve()
        if not above or common.flake != "." or (next_one := _flake_above(path)) is None:
            return path
        if common.log_level is not LogLevel.quiet:
            print(f"The project is {line(str(next_one))}, where the next flake.nix above is.", file=sys.stderr)
        return next_one
    if ":" in common.flake:
        return Path.cwd()
    raise NivisError.of("No such directory", f"`--flake {common.flake}` is neither a directory nor a flake reference.")


def _flake_above(path: Path) -> Path | None:
    """The directory of the next flake above one that has none and is no project; not beyond the git work tree."""
    from nivis_tofu.nix.tree import git_top

    top = git_top(path)
    if top is None or (path / "flake.nix").is_file() or (path / ".nivis").is_dir():
        return None
    within = [parent for parent in path.parents if parent.is_relative_to(top)]
    return next((parent for parent in within if (parent / "flake.nix").is_file()), None)


def seconds_of(text: str) -> float:
    """`90`, `30s`, `5m`, `1h30m` in seconds."""
    if not re.fullmatch(r"(\d+(?:\.\d+)?(?:ms|s|m|h)?)+", text):
        raise NivisError.of("Malformed duration", f"`{text}` is not a duration.", "Write e.g. `30s` or `5m`.")
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "": 1}
    return sum(float(n) * units[u] for n, u in re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h|)", text))
