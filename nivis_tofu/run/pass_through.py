"""The engine's own commands, run as if it had been typed: in the project, or with what the flake declares."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from nivis_tofu.project import engine_init
from nivis_tofu.run.module import write_next
from nivis_tofu.run.session import Session
from nivis_tofu.run.start import start
from nivis_tofu.tofu.env import own_env


def prepared(session: Session) -> Session:
    """The session in which the engine has the module of the next phase, with providers, modules and backend."""
    session, at = start(session)
    write_next(session, at)
    return session


def with_module(session: Session, argv: Sequence[str], env: Mapping[str, str]) -> int:
    """A command that sees what the flake declares, where the engine works."""
    try:
        return session.tofu.attached(tuple(argv), own_env(env, **_console_state(session, env)))
    finally:
        engine_init.keep_lock(session.workdir)


def _console_state(session: Session, env: Mapping[str, str]) -> dict[str, str]:
    """The engine's console does not look where a local backend says that the state is; a flag tells it."""
    if not session.workdir.state.backup:
        return {}
    flag = shlex.quote(f"-state={session.workdir.state.local_state_path()}")
    return {"TF_CLI_ARGS_console": f"{flag} {env.get('TF_CLI_ARGS_console', '')}".strip()}
