"""Redis: who is connected where, the next sequence ID of a conversation, and which sends were seen before."""
