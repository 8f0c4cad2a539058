"""Tests of the Nix library."""
