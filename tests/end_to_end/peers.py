"""Strangers and honest devices that talk to a chat server's port, frame by frame."""

import base64
import json
import os
import secrets
import socket
import time
import urllib.request
from contextlib import contextmanager

from nacl.signing import SigningKey
from websockets.sync.client import connect

from components.wire.identity import signed_bytes
from components.wire.names import SUBPROTOCOL

TIMEOUT_S = 10
TRACEPARENT = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


class Device:
    """An honest device, registered in the directory with a key of its own."""

    def __init__(self, plan, user, device="phone", key=None):
        self.plan, self.user, self.device = plan, user, device
        self.key = key or SigningKey.generate()
        body = {
            "user": user,
            "device": device,
            "public_key": base64.b64encode(bytes(self.key.verify_key)).decode(),
        }
        request = urllib.request.Request(
            f"{plan.one('directory').private}/devices",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {plan.secret}"},
        )
        urllib.request.urlopen(request, timeout=TIMEOUT_S).close()

    def proof(self, challenge, **changed):
        claim = {"user": self.user, "device": self.device} | changed
        nonce = base64.b64decode(challenge["nonce"])
        signature = self.key.sign(signed_bytes(nonce, challenge["server"], **claim)).signature
        return {"type": "auth", **claim, "signature": base64.b64encode(signature).decode()}

    @contextmanager
    def login(self, server="chat-1"):
        with open_socket(self.plan, server) as socket_:
            tell(socket_, self.proof(hear(socket_)))
            welcome = hear(socket_)
            assert welcome["type"] == "welcome", welcome
            yield socket_, welcome

    def send(self, socket_, peer, body=b"Hey", **changed):
        frame = {
            "type": "send",
            "client_msg_id": secrets.token_hex(6),
            "conversation": ":".join(sorted((self.user, peer))),
            "scheme": "plain",
            "body": base64.b64encode(body).decode(),
            "traceparent": TRACEPARENT,
        } | changed
        tell(socket_, frame)
        return frame


def open_socket(plan, server="chat-1"):
    return connect(
        plan.component(server).endpoint,
        subprotocols=[SUBPROTOCOL],
        compression=None,
        proxy=None,
        ping_interval=None,
    )


def tell(socket_, frame):
    socket_.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))


def hear(socket_):
    return json.loads(socket_.recv(timeout=TIMEOUT_S))


def hear_until(socket_, kind):
    while (frame := hear(socket_))["type"] != kind:
        pass
    return frame


class RawPeer:
    """Speaks TCP and makes its own WebSocket frames, also wrong ones."""

    def __init__(self, plan, server="chat-1", *, handshake=True, subprotocol=SUBPROTOCOL):
        port = plan.component(server).port
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self.status = None
        self._rest = b""
        if handshake:
            key = base64.b64encode(os.urandom(16)).decode()
            self.socket.sendall(
                f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n".encode()
            )
            head = b""
            while b"\r\n\r\n" not in head:
                head += self.socket.recv(4096)
            head, self._rest = head.split(b"\r\n\r\n", 1)
            self.status = int(head.split()[1])

    def frame(self, opcode, payload=b"", *, fin=True, rsv=0, masked=True):
        length = len(payload)
        first = (0x80 if fin else 0) | rsv << 4 | opcode
        if length < 126:
            head = bytes((first, (0x80 if masked else 0) | length))
        else:
            head = bytes((first, (0x80 if masked else 0) | 127)) + length.to_bytes(8, "big")
        mask = os.urandom(4) if masked else b""
        body = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload)) if masked else payload
        try:
            self.socket.sendall(head + mask + body)
        except OSError:
            return False  # the server has closed already
        return True

    def close_code(self):
        """Read frames until the close frame, and give its code; None if the connection just ended."""
        data = self._rest
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            while len(data) >= 2:
                size, offset = data[1] & 0x7F, 2
                if size == 126:
                    size, offset = int.from_bytes(data[2:4], "big"), 4
                if len(data) < offset + size:
                    break
                if data[0] & 0x0F == 8:
                    return int.from_bytes(data[offset : offset + 2], "big")
                data = data[offset + size :]
            try:
                chunk = self.socket.recv(65536)
            except ConnectionError:
                return None
            if not chunk:
                return None
            data += chunk
        raise AssertionError("no close frame came")

    def close(self):
        self.socket.close()
