"""One module a figure: where its boxes stand, and which hop lights which arrow."""
