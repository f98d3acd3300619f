"""Kafka: the log between accepting a message and delivering it."""
