"""Experiments: something is done for real on the running cluster, and measured. Lessons run them."""
