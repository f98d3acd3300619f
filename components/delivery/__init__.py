"""Delivery workers: one consumer group that stores what is on the log and hands it to the right chat server."""
