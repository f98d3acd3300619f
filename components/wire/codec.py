"""Frames to text and back, strictly at the edge that strangers can reach.

A client frame is read by the standard library's parser, because it alone can be told to refuse a key that comes
twice and the constants NaN and Infinity, which JSON does not have (RFC 8259 section 4, section 6). msgspec then
checks the shape. What servers say to phones, and to each other, is read by msgspec directly.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

import msgspec

from components.wire import errors
from components.wire.frames import CLIENT_FRAMES, ClientFrame, ServerFrame
from components.wire.names import is_message_id

_TYPES = {frame.__struct_config__.tag for frame in CLIENT_FRAMES}
_encoder = msgspec.json.Encoder()
_server_frames: msgspec.json.Decoder[ServerFrame] = msgspec.json.Decoder(ServerFrame)
_client_frames: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)


def encode(frame: ClientFrame | ServerFrame) -> str:
    """Write a frame as one line of JSON."""
    return _encoder.encode(frame).decode()


def decode_server(text: str | bytes) -> ServerFrame:
    """Read a frame that a chat server sent.

    Raises:
        msgspec.DecodeError: If it is none. `ValidationError`, for a wrong shape, is one of these.
    """
    return _server_frames.decode(text)


def decode_client(text: str) -> ClientFrame:
    """Read a frame that somebody sent to a chat server.

    Raises:
        WireError: `MALFORMED_FRAME`, `UNKNOWN_TYPE` or `INVALID_FIELD`.
    """
    raw = _parse_object(text)
    kind = raw.get("type")
    if not isinstance(kind, str) or kind not in _TYPES:  # a list or an object cannot be looked up in a set
        raise errors.WireError(errors.UNKNOWN_TYPE, f"known types: {', '.join(sorted(map(str, _TYPES)))}")
    try:
        frame: ClientFrame = msgspec.convert(raw, ClientFrame)
    except UnicodeEncodeError:
        # Half of a surrogate pair passes JSON's grammar and is no character: UTF-8 has no bytes for it (RFC 8259
        # section 8.2), so it could be neither stored nor quoted in an answer.
        raise errors.WireError(errors.MALFORMED_FRAME, "a lone surrogate is no character") from None
    except msgspec.ValidationError as exc:
        message_id = raw.get("client_msg_id")
        named = message_id if isinstance(message_id, str) and is_message_id(message_id) else None
        raise errors.WireError(errors.INVALID_FIELD, str(exc), named) from None
    return frame


def _parse_object(text: str) -> dict[str, Any]:
    try:
        raw = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise errors.WireError(errors.MALFORMED_FRAME, "nested too deeply") from None
    except ValueError as exc:
        raise errors.WireError(errors.MALFORMED_FRAME, str(exc)) from None
    if not isinstance(raw, dict):
        raise errors.WireError(errors.MALFORMED_FRAME, "a frame is a JSON object")
    return raw


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise ValueError("a key comes twice")
    return unique


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
