"""Verbs that explain: why, differences, the graph, the doctor, a value of the flake."""
