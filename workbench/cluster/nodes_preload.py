"""Imported once by the fork server, so that each box's process begins with everything loaded and shares its memory."""
# ruff: noqa: F401  to import is all that this module is for

import aiohttp
import aiokafka
import aiokafka.admin
import nacl.signing
import redis.asyncio
import uvloop
import websockets.asyncio.client
import websockets.asyncio.server

import components.chat_server.service
import components.connection_map.adapter
import components.delivery.service
import components.device.fleet
import components.load_balancer.service
import components.push.apns
import components.push.fcm
import components.push.providers
import components.push.service
import components.queue.adapter
import workbench.cluster.nodes
