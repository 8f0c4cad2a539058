"""What was done to the state, its lock, its workspaces and its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nivis_tofu.core.visible import line
from nivis_tofu.views.page import Page, done, lines


def removed(gone: Sequence[str], *, dry_run: bool) -> Page:
    word, key = ("Would remove", "would_remove") if dry_run else ("Removed", "removed")
    return done({key: gone}, f"{word} {len(gone)} resource(s) from the state:", *(f" x {i}" for i in gone))


def moved(old: str, new: str, *, dry_run: bool) -> Page:
    note, more = (" (not done)", {"dry_run": True}) if dry_run else ("", {})
    return done({"from": old, "to": new, **more}, f" > {new}  from {old}{note}")


def pulled(out: str) -> Page:
    return done({"out": out}, f"Wrote {out}.")


def pushed(name: str) -> Page:
    return done({"pushed": name}, f"Pushed {name}.")


def provider_replaced(source: str, target: str, changed: Sequence[str]) -> Page:
    head = f"Replaced the provider of {len(changed)} resource(s)" + (":" if changed else ".")
    return done({"from": source, "to": target, "changed": changed}, head, *(f" ~ {i}" for i in changed))


def tainted(asked: str, name: str | None, *, tainted: bool) -> Page:
    """`name` is None if there is no such resource, which was allowed."""
    word = "tainted" if tainted else "untainted"
    if name is None:
        missing = line(f'warning: no state for "{asked}"; --allow-missing was given.')
        return done({word: None}, f"Nothing was {word}.", before=lines(missing))
    text = "is tainted: the next apply replaces it" if tainted else "is no longer tainted"
    return done({word: name}, f"{name} {text}.")


def imported(name: str, import_id: str) -> Page:
    return done({"imported": name, "import_id": import_id}, f" < {name}")


def unlocked(lock: str | None) -> Page:
    return done({"unlocked": lock}, "The state is unlocked." if lock else "Nobody holds the lock.")


def workspaces(names: Sequence[str], current: str) -> Page:
    rows = [f"{'*' if name == current else ' '} {name}" for name in names]
    return done({"workspaces": list(names), "current": current}, *rows)


def workspace(name: str) -> Page:
    return done({"current": name}, name)


def workspace_created(name: str) -> Page:
    return done({"created": name, "current": name}, f"Created and selected workspace {name}.")


def workspace_selected(name: str) -> Page:
    return done({"current": name}, f"Selected workspace {name}.")


def workspace_deleted(name: str) -> Page:
    return done({"deleted": name}, f"Deleted workspace {name}.")


def migrated(source: str, target: str, workspaces: Mapping[str, int]) -> Page:
    """`workspaces`: how many resources each has."""
    rows = [f" > {name}  {count} resource(s)" for name, count in workspaces.items()]
    head = f"Moved the state from {source} to {target}:"
    return done({"from": source, "to": target, "workspaces": workspaces}, head, *rows)
