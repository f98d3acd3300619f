"""What a device signs to prove who it is.

The challenge is answered by signing it together with a fixed context (so that the signature can never pass for one
made elsewhere), the server's name (so that a server cannot relay another's challenge) and the claimed identity.
"""

from __future__ import annotations

CONTEXT = b"chat-workbench.v1 auth\x00"
NONCE_BYTES = 32


def signed_bytes(nonce: bytes, server: str, user: str, device: str) -> bytes:
    """Lay out the bytes under the signature; the names hold no NUL, so the fields cannot run into each other."""
    return CONTEXT + nonce + b"\x00".join((server.encode(), user.encode(), device.encode()))
