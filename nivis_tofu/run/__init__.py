"""One run: start, settle, the loop of phases, saved plans, what is recorded and refused."""
