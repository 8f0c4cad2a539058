"""Evaluating a flake: the copy that Nix sees, the evaluation, variables, failures, Nix as text."""
