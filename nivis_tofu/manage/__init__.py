"""Verbs beside a run: initialising, changing and reading the state, moving it."""
