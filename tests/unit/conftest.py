"""How many examples a property is tried with: `make test-long` asks for the profile `long`."""

from __future__ import annotations

import os

from hypothesis import settings

# The ordinary run has the same examples each time: it is red for a change of the code and for nothing else.
settings.register_profile("ordinary", max_examples=30, derandomize=True, deadline=None)
settings.register_profile("long", max_examples=500, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ordinary"))
