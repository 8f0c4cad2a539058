"""What is asked about before it is done: flags and environment, then the flake, then whose project it is."""

from __future__ import annotations

from nivis_tofu.run.session import Session


def setting(session: Session) -> str:
    """What flags, environment or else the flake say; empty: nothing."""
    return session.options.ask or (session.ir.settings.ask if session.ir else "")


def always(session: Session) -> bool:
    """Is every change asked about? Where a root module is joined its users expect that, as OpenTofu does it."""
    return setting(session) == "always" or (setting(session) != "auto" and session.space.joined is not None)


def explains(session: Session) -> bool:
    """Will somebody be asked before something goes, who has to be told why?"""
    asks = session.options.asks
    return asks == "terminal" or (asks == "pipe" and always(session))
