"""THE schema: every frame, record and request body that crosses a socket, and every error that can come back."""
