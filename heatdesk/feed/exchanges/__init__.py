"""The exchanges that are read, each with its facts, its frames and its history.

`EXCHANGES` is the table: an exchange is here, or it is not read.
"""

from __future__ import annotations

from typing import Final

from heatdesk.feed.exchanges.base import Exchange
from heatdesk.feed.exchanges.binance import Binance
from heatdesk.feed.exchanges.bitget import Bitget
from heatdesk.feed.exchanges.bybit import Bybit
from heatdesk.feed.exchanges.deribit import Deribit
from heatdesk.feed.exchanges.dydx import Dydx
from heatdesk.feed.exchanges.gate import Gate
from heatdesk.feed.exchanges.hyperliquid import Hyperliquid
from heatdesk.feed.exchanges.kraken import Kraken
from heatdesk.feed.exchanges.okx import Okx

_ALL: Final[tuple[type[Exchange], ...]] = (
    Binance, Bybit, Okx, Dydx, Hyperliquid, Bitget, Gate, Deribit, Kraken,
)  # fmt: skip
EXCHANGES: Final[dict[str, type[Exchange]]] = {kind.row.name: kind for kind in _ALL}
