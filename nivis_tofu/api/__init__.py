"""Runs from Python: a project, what is asked of it, and typed results; the command line starts its runs here, too."""
