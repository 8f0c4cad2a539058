"""The machine: processes, signals, files and locks, notes below `.nivis/`, where the tools are."""
