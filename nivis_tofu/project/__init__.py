"""One project on disk: where the engine runs, initialisation, state, backends, joined root modules, caches."""
