"""Loopback exchanges: a server that speaks their protocols, plays a market whose truth it knows, and can lie.

``python -m tests.exchange_server --help`` starts it for persons; tests use `ExchangeServer` or `ServerThread`.
"""

from tests.exchange_server.server import ExchangeServer, ServerThread

__all__ = ["ExchangeServer", "ServerThread"]
