"""Many stacks of one flake: which uses which, and a verb run over all of them in that order."""
