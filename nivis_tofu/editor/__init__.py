"""A language server for flakes: where a cursor stands, what can be written there, and what it means."""
