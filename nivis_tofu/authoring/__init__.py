"""Verbs that write flakes: templates, constructors, conversion, adoption."""
