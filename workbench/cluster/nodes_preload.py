"""Imported once by the fork server, so that each box's process begins with everything loaded and shares its memory."""

import aiohttp  # noqa: F401
import aiokafka  # noqa: F401
import aiokafka.admin  # noqa: F401
import nacl.signing  # noqa: F401
import redis.asyncio  # noqa: F401
import uvloop  # noqa: F401
import websockets.asyncio.client  # noqa: F401
import websockets.asyncio.server  # noqa: F401

import components.chat_server.service
import components.connection_map.adapter
import components.delivery.service
import components.device.fleet
import components.load_balancer.service
import components.queue.adapter
import workbench.cluster.nodes  # noqa: F401
