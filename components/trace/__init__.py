"""The journal's event types, and its writer. Every process appends; nobody but `workbench` reads."""
