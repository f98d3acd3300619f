"""The directory: users, devices and public keys, a small server that stands for PostgreSQL."""
