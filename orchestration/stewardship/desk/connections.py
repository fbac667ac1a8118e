"""Connections that wait for a request: they end after a time, and they are limited in number.

Whoever opens many and sends nothing, half a request or a slow form takes no place from others.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

# For the whole of a request, its form included.
REQUEST_SECONDS = 20.0
MOST_CONNECTIONS = 200
MOST_WAITING = 100


class Connection(H11Protocol):
    """A connection of uvicorn. `_deadline` is set while a whole request has not arrived."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        is_web_socket = self.transport.get_protocol() is not self
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY) and not is_web_socket:
            self._wait()
        else:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing() and self.conn.their_state is h11.IDLE:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        """Start the deadline; what arrives later does not extend it. The oldest of too many gives way."""
        if self._deadline is not None:
            return
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)
        others = [one for one in self.connections if isinstance(one, Connection)]
        waiting = [(one._deadline.when(), one) for one in others if one._deadline is not None]
        if len(waiting) > MOST_WAITING:
            min(waiting, key=lambda found: found[0])[1].transport.abort()

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
