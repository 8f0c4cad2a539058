"""What is asked about before it is done: flags and environment, then the flake, then whose project it is."""

from __future__ import annotations

from nivis_tofu.run.session import Session


def setting(session: Session) -> str:
    """When to ask, from flags, environment or the flake; "" if none says."""
    return session.options.ask or (session.ir.settings.ask if session.ir else "")


def always(session: Session) -> bool:
    """Whether every change is asked about; by default only where a root module is joined, as OpenTofu does."""
    return setting(session) == "always" or (setting(session) != "auto" and session.workdir.settled.joined is not None)


def explains(session: Session) -> bool:
    """Whether somebody will be asked before something is destroyed, and needs the reasons."""
    asks = session.options.asks
    return asks == "terminal" or (asks == "pipe" and always(session))
