"""The cluster: what it consists of (`plan`), how a box is wired (`nodes`), and who starts and ends it (`supervisor`)."""
