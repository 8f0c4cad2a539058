"""Tests of a configuration: the loop of a run, played against made-up outputs, with neither engine nor network."""
