"""Reads the journal: everything that is shown is a view of it."""
