"""The message store: a small server that stands for Cassandra, with the same primary key."""
