"""The exchanges that are read, each with its facts, its frames and its history.

`EXCHANGES` is the table: an exchange is here, or it is not read.
"""

from __future__ import annotations

from typing import Final

from heatdesk.feed.exchanges.base import Exchange
from heatdesk.feed.exchanges.binance import Binance
from heatdesk.feed.exchanges.bybit import Bybit
from heatdesk.feed.exchanges.okx import Okx

EXCHANGES: Final[dict[str, type[Exchange]]] = {kind.row.name: kind for kind in (Binance, Bybit, Okx)}
