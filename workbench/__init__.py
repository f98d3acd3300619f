"""The workbench around the chat: command line, cluster, journal, narration."""

__version__ = "0.1.0"
