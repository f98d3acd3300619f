"""`workbench phone NAME`: a simulated phone's screen in a terminal, drawn from its own database."""
