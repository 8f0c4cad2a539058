"""The function server: a provider inside nivis, whose functions the engine calls for the values that Nix computes."""
