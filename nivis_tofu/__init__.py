"""Nivis: infrastructure as Nix code on the real OpenTofu engine."""

__version__ = "0.1.0"
