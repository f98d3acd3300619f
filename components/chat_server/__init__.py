"""A chat server: holds the phones' sockets, assigns sequence IDs, puts messages on the log, pushes what arrives."""
