"""The one command language: each command is defined once, for the shell, the prompt and the lessons."""
