"""Fuzzers: every reader of data from outside gets what it was not made for. `make fuzz` runs them all."""
