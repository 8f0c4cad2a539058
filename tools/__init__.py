"""Set-up and walk-throughs behind the Makefile; not part of what is installed."""
