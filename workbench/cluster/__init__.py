"""The cluster: what it consists of (`plan`), how boxes are wired (`nodes`), who starts and ends it (`supervisor`)."""
