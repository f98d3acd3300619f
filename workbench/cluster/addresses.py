"""Addresses of engines that run elsewhere: what is one, and how one is shown. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

REDIS_PORT = 6379
MAX_PORT = 65535

_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_.])?|\[[0-9A-Fa-f:.]+\]")
_SECRET = re.compile(r"(?<=://)[^/?#]*@")

Address = tuple[str, int]


def kafka_addresses(text: str) -> list[Address]:
    """Read `HOST:PORT,…`.

    Raises:
        ValueError: If it is none; the message says what is wrong with which part.
    """
    return [_address(part) for part in text.split(",")]


def redis_address(url: str) -> Address:
    """Read where `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, or the same with `rediss`, leads.

    Raises:
        ValueError: If it is none; the message never quotes the password.
    """
    try:
        return _redis_address(url)
    except ValueError:
        if "@" not in url:
            raise
        raise ValueError(
            "this one cannot be read; in a password / is written %2F, ? %3F, # %23 and @ %40"
        ) from None


def _redis_address(url: str) -> Address:
    parts = urlsplit(url)
    if parts.scheme not in ("redis", "rediss"):
        raise ValueError("it begins with redis:// or rediss://")
    if not re.fullmatch(r"/?|/\d+", parts.path):
        raise ValueError(f"{parts.path!r} is no number of a database, such as /0")
    where = parts.netloc.rpartition("@")[2]
    return _address(where if re.search(r":[^\]]*$", where) else f"{where}:{REDIS_PORT}")


def _address(text: str) -> Address:
    host, colon, port = text.rpartition(":")
    if not colon:
        raise ValueError(f"{text!r} names no port")
    if not _HOST.fullmatch(host):
        raise ValueError(f"{host!r} in {text!r} is no host")
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= MAX_PORT:
        raise ValueError(f"{port!r} in {text!r} is no port: it is a number from 1 to {MAX_PORT}")
    return host.strip("[]"), int(port)


def masked(url: str) -> str:
    """Give a URL as it may be shown: user, password and query, which can hold a password too, are left out."""
    shown, query, _ = _SECRET.sub("***@", url).partition("?")
    return f"{shown}?***" if query else shown
