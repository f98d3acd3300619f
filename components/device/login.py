"""How a phone proves who it is: its identity key, and the answer to a chat server's challenge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import websockets
from nacl.signing import SigningKey

from components.wire import codec
from components.wire.frames import Auth, Challenge, Welcome
from components.wire.identity import signed_bytes

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from components.device.database import Database

DEVICE = "phone"


def identity_key(database: Database) -> SigningKey:
    """Give the phone's Ed25519 key; its first start makes one."""
    seed = database.setting("identity_key")
    if seed:
        return SigningKey(seed)
    key = SigningKey.generate()
    # A real phone keeps it in the Keychain or Keystore, from where it cannot be copied.
    database.set_setting("identity_key", bytes(key))
    return key


async def authenticate(socket: ClientConnection, user: str, key: SigningKey) -> Welcome:
    """Sign the server's challenge, and give its welcome.

    Raises:
        websockets.ProtocolError: If the server answers with anything else.
    """
    challenge = codec.decode_server(await socket.recv())
    if not isinstance(challenge, Challenge):
        raise websockets.ProtocolError("no challenge")
    proof = signed_bytes(challenge.nonce, challenge.server, user, DEVICE)
    await socket.send(codec.encode(Auth(user, DEVICE, key.sign(proof).signature)))
    welcome = codec.decode_server(await socket.recv())
    if not isinstance(welcome, Welcome):
        raise websockets.ProtocolError("not welcome")
    return welcome
