"""Keys, values and scripts of the connection map.

The braces in `conv_{alice:bob}_seq` are the walkthrough's, and a Redis Cluster reads them as a hash tag: all keys
of one conversation land on one node, which is what lets one script touch them atomically. The routes live under
other tags, so a cluster would need a second call for them; on one node, one Lua call does it all.
"""

from __future__ import annotations

from components.wire.records import Route

SENT_TTL_S = 24 * 3600
"""How long a send is remembered for retries, in seconds. Beyond it the store's unique index is the last guard."""


class Keys:
    """Key names under a prefix: empty for an engine that is ours alone, the home's id on a shared one."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix

    def seq(self, conversation: str) -> str:
        """Name the conversation's sequence counter."""
        return f"{self._prefix}conv_{{{conversation}}}_seq"

    def epoch(self, conversation: str) -> str:
        """Name the epoch of that counter: it changes whenever the counter had to be rebuilt."""
        return f"{self._prefix}conv_{{{conversation}}}_epoch"

    def sent(self, conversation: str, user: str, device: str, client_msg_id: str) -> str:
        """Name the memory of one send."""
        return f"{self._prefix}conv_{{{conversation}}}_sent_{user}.{device}_{client_msg_id}"

    def route(self, user: str) -> str:
        """Name a user's route."""
        return f"{self._prefix}route_{{{user}}}"


def encode_route(route: Route) -> str:
    """Write a route as a Redis value."""
    return f"{route.server} {route.connection} {route.device}"


def decode_route(value: bytes | None) -> Route | None:
    """Read a route; a value that is none of ours counts as no route."""
    fields = value.decode().split(" ") if value else []
    return Route(*fields) if len(fields) == 3 else None  # noqa: PLR2004  server, connection, device


# KEYS: seq, epoch, sent, route of each recipient. ARGV: body hash, seconds to remember the send, '1' if a send that is
# not remembered must not be numbered yet, because it may be a repetition and only the store can tell.
SEQUENCE = """
local sent = redis.call('GET', KEYS[3])
local routes = {}
for i = 4, #KEYS do
  routes[#routes + 1] = redis.call('GET', KEYS[i]) or ''
end
if sent then
  local seq, epoch, hash = string.match(sent, '^(%d+) (%d+) (%x+)$')
  local answer = hash == ARGV[1] and 'duplicate' or 'changed'
  return {answer, seq, epoch, unpack(routes)}
end
if redis.call('EXISTS', KEYS[1], KEYS[2]) < 2 then
  return {'unseeded'}
end
if ARGV[3] == '1' then
  return {'unremembered'}
end
local seq = redis.call('INCR', KEYS[1])
local epoch = redis.call('GET', KEYS[2])
redis.call('SET', KEYS[3], seq .. ' ' .. epoch .. ' ' .. ARGV[1], 'EX', ARGV[2])
return {'new', tostring(seq), epoch, unpack(routes)}
"""

# KEYS: seq, epoch, sent. ARGV: highest seq stored, new epoch, seconds, '' or the seq and the body hash under which the
# store has the message in hand. Two servers may seed at once; the first one wins, and the counter never goes down.
SEED = """
if redis.call('EXISTS', KEYS[1], KEYS[2]) < 2 then
  redis.call('SET', KEYS[1], ARGV[1])
  redis.call('SET', KEYS[2], ARGV[2])
end
local epoch = redis.call('GET', KEYS[2])
if ARGV[4] ~= '' then
  redis.call('SET', KEYS[3], ARGV[4] .. ' ' .. epoch .. ' ' .. ARGV[5], 'EX', ARGV[3], 'NX')
end
return {redis.call('GET', KEYS[1]), epoch}
"""

# KEYS: sent. ARGV: seq. Forgets a send, if it is still remembered under this number: the number was given up.
FORGET = """
local sent = redis.call('GET', KEYS[1])
if sent and string.match(sent, '^(%d+) ') == ARGV[1] then
  redis.call('DEL', KEYS[1])
  return 1
end
return 0
"""

# KEYS: route. ARGV: value, milliseconds. Gives the value that was there before, or ''.
REGISTER_ROUTE = """
local before = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return before or ''
"""

# KEYS: route. ARGV: connection id. A closing connection removes only its own route: by the time it closes, the phone
# may have logged in elsewhere, and that newer route must stay (compare-and-delete).
REMOVE_ROUTE = """
local route = redis.call('GET', KEYS[1])
if route and string.match(route, '^%S+ (%S+) ') == ARGV[1] then
  redis.call('DEL', KEYS[1])
  return 1
end
return 0
"""

# KEYS: route. ARGV: connection id, value, milliseconds. Refreshes the route if it is still this connection's or gone.
REFRESH_ROUTE = """
local route = redis.call('GET', KEYS[1])
if route and string.match(route, '^%S+ (%S+) ') ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""
