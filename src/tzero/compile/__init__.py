"""Declarations to queries, for each engine's dialect."""
