"""Mock interviews: asks, waits, follows up, and scores with the very words that decided. Nothing leaves the machine."""
