"""Talks to a running cluster from a command: finds it, asks it, and turns silence into a sentence."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from workbench.cluster import state
from workbench.errors import FailedError, NoClusterError, TimedOutError, UsageProblem

if TYPE_CHECKING:
    from workbench.cluster.paths import Paths
    from workbench.cluster.plan import Plan

_CLIENT_ERROR = 400
_SERVER_ERROR = 500
TIMEOUT_S = 5.0


class Cluster:
    """A running cluster, as its state file describes it."""

    def __init__(self, found: state.State) -> None:
        self.state = found

    @classmethod
    def find(cls, paths: Paths) -> Cluster:
        """Find the cluster of a home.

        Raises:
            NoClusterError: If none runs.
        """
        found = state.load(paths)
        if found is None or not found.is_running():
            raise NoClusterError(f"no cluster is running under {paths.home}: start one with `workbench up`")
        return cls(found)

    @property
    def plan(self) -> Plan:
        """What it consists of."""
        return self.state.plan

    def status(self) -> dict[str, Any]:
        """Ask the supervisor for the state of every box."""
        answer: dict[str, Any] = self.call("GET", f"{self.state.control}/status")
        return answer

    def call(self, method: str, url: str, body: Any = None, *, timeout_s: float = TIMEOUT_S) -> Any:
        """Call a box's private port.

        Raises:
            UsageProblem: If it refuses the request; the message is its own.
            FailedError: If it does not answer.
            TimedOutError: If it does not answer in time.
        """
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {"Authorization": f"Bearer {self.plan.secret}", "Content-Type": "application/json"}
        try:
            connection.request(
                method, target, msgspec.json.encode(body) if body is not None else None, headers
            )
            response = connection.getresponse()
            payload = response.read()
        except TimeoutError:
            raise TimedOutError(f"{self._name_of(url)} did not answer within {timeout_s:g} s") from None
        except (OSError, http.client.HTTPException) as exc:
            reason = getattr(exc, "strerror", None) or type(exc).__name__
            raise FailedError(
                f"{self._name_of(url)} does not answer ({reason}): see `workbench status`"
            ) from None
        finally:
            connection.close()
        if response.status >= _SERVER_ERROR:
            raise FailedError(f"{self._name_of(url)} failed: see `workbench logs {self._name_of(url)}`")
        if response.status >= _CLIENT_ERROR:
            raise UsageProblem(payload.decode(errors="replace"))
        return msgspec.json.decode(payload)

    def _name_of(self, url: str) -> str:
        port = urlsplit(url).port
        named = (each.name for each in self.plan.components if port in (each.port, each.private_port))
        return next(named, "the supervisor")
