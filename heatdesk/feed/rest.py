"""REST to one exchange, through ccxt's knowledge of its addresses and prices per call.

ccxt signs addresses, knows what a call costs and what error texts mean. Dialling and waiting are ours: its `fetch`
reads answers of any length, follows redirects and keeps no ban; its throttle wakes a thousand times a second while it
waits and makes a live poll queue behind a backfill (10 s behind 40 pages). Answers come back parsed, else untouched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from yarl import URL

from heatdesk.feed.ccxt_import import async_exchanges
from heatdesk.feed.clock import Clock
from heatdesk.feed.exchanges.base import RestError, Row, UnreachedError
from heatdesk.feed.network import Answer, Network
from heatdesk.feed.pace import Pace
from heatdesk.feed.reasons import answered, plain

_MARKETS_FRESH_S: Final = 60.0
_SLOWED_S: Final = 5.0  # for an exchange that says "too fast" in an answer that is otherwise well


class DialledRest:
    """See `heatdesk.feed.exchanges.base.Rest`; one lane of an exchange's REST. Raises RestError and nothing else.

    What the lane `before` this one spends is taken from this one's account as well, never the other way round.
    """

    def __init__(self, row: Row, network: Network, clock: Clock, before: DialledRest | None = None) -> None:
        self._row, self._network, self._clock = row, network, clock
        self._before = before
        self._behind: list[DialledRest] = []
        self._ccxt: Any = None
        self._pace: Pace | None = None
        self._owed = 0.0
        self._markets_s = float("-inf")
        self._one_reload = asyncio.Lock()
        if before is not None:
            before._behind.append(self)

    async def call(self, method: str, params: dict[str, Any] | None = None) -> Any:
        """Call one of ccxt's implicit methods and return the parsed answer."""
        exchange = self._open()
        implicit = getattr(exchange, method, None)
        if implicit is None:
            raise RestError(f"{self._row.title}: ccxt knows no {plain(method)}")
        return await self._told(implicit(params or {}))

    async def get(self, url: str, params: dict[str, Any] | None = None) -> Any:
        """GET an address of one of the row's hosts that ccxt does not know; the parsed answer."""
        self._open()
        await self._turn(1.0)
        address = f"{url}?{urlencode(params)}" if params else url
        return _parsed(await self._network.ask("GET", address), self._row.title)

    async def markets(self) -> dict[str, dict[str, Any]]:
        """ccxt's unified markets by unified symbol, at most a minute old; read once for all lanes."""
        if self._before is not None:
            return await self._before.markets()
        exchange = self._open()
        async with self._one_reload:
            if self._clock.steady() - self._markets_s > _MARKETS_FRESH_S:
                await self._told(exchange.load_markets(True))
                self._markets_s = self._clock.steady()
        markets = exchange.markets
        if not isinstance(markets, dict) or not markets:
            raise RestError(f"{self._row.title} lists no markets")
        return markets

    async def _told(self, answer: Any) -> Any:
        """Await ccxt, whose parsers may fail on anything an exchange makes up, and tell it as a RestError."""
        try:
            return await answer
        except RestError:
            raise
        except Exception as error:
            raise RestError(f"{self._row.title}: {plain(error)}", _status(error)) from error

    async def _turn(self, cost: float | None) -> None:
        assert self._pace is not None  # noqa: S101  (made with the instance that asks)
        price = 1.0 if cost is None else cost
        for other in self._behind:
            other.owe(price)
        await self._pace.turn(price)

    def owe(self, cost: float) -> None:
        """Pay for a call of another lane."""
        if self._pace is None:
            self._owed += cost
        else:
            self._pace.owe(cost)

    def _open(self) -> Any:
        if self._ccxt is None:
            kind = async_exchanges([self._row.ccxt_id])[self._row.ccxt_id]
            exchange = kind({"options": dict(self._row.ccxt_options), "has": {"fetchCurrencies": False}})
            exchange.fetch, exchange.throttle = self._fetch, self._turn
            self._pace = Pace(self._clock, 1000.0 / max(float(exchange.rateLimit), 1.0))
            self._pace.owe(self._owed)
            self._ccxt = exchange
        return self._ccxt

    async def _fetch(
        self, url: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: Any = None
    ) -> Any:
        """What ccxt calls instead of its own `fetch`."""
        data = body.encode() if isinstance(body, str) else body
        answer = await self._network.ask(method, url, headers, data)
        parsed = _json(answer.body)
        try:
            self._ccxt.handle_errors(
                answer.status,
                answered(answer.status),
                url,
                method,
                dict(answer.headers),
                answer.body.decode("utf-8", "replace"),
                parsed,
                headers,
                body,
            )
        except Exception as error:
            status = _status(error)
            if status == 429 and (host := URL(url, encoded=True).host):
                self._network.bans.leave(host, status, _SLOWED_S)
            told = UnreachedError if "OperationFailed" in _kinds(error) else RestError
            raise told(f"{self._row.title}: {plain(error)}", status or answer.status) from error
        return _parsed(answer, self._row.title)


class Lanes:
    """The REST of one exchange: `live` for what is polled, `backfill` for what can wait.

    Both keep the exchange's pace. What `live` spends `backfill` pays as well, so that the sum stays within what is
    allowed while a poll never waits for a page of history.
    """

    def __init__(self, row: Row, network: Network, clock: Clock) -> None:
        self.live = DialledRest(row, network, clock)
        self.backfill = DialledRest(row, network, clock, before=self.live)


def _parsed(answer: Answer, title: str) -> Any:
    """The answer's JSON; raises RestError for errors, pages and whatever else is not data."""
    if answer.status != 200:
        raise RestError(f"{title}: {answered(answer.status)}", answer.status)
    parsed = _json(answer.body)
    if parsed is None:
        page = answer.body.lstrip()[:1] == b"<"
        raise UnreachedError(f"{title} answered {'a page' if page else 'something'} that is no data")
    return parsed


def _json(body: bytes) -> Any:
    """JSON, None where it is none. Strict: no NaN, no infinity, no endless nesting."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _status(error: BaseException) -> int:
    """HTTP's word for an error of ccxt's; 0 where there is none."""
    kinds = _kinds(error)
    if kinds & {"DDoSProtection", "RateLimitExceeded"}:
        return 429
    return 451 if "RestrictedLocation" in kinds else 0


def _kinds(error: BaseException) -> set[str]:
    """The names of an error's classes: those of ccxt are imported when it is dialled first."""
    return {kind.__name__ for kind in type(error).__mro__}
