"""How servers call each other on their private network: HTTP with JSON bodies of the wire schema.

Every request carries the run's secret, so that no other program on the machine can post as a chat server. A real
deployment would use mutual TLS for the same purpose.
"""
