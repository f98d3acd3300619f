"""Lessons that run on the live cluster, and the checks that decide whether a step was done."""
