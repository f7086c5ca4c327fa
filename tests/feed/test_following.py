"""Which instruments are listened to, under the names that each exchange has for a coin."""

from __future__ import annotations

from heatdesk.events import Market
from heatdesk.feed.following import following
from heatdesk.feed.plan import FeedPlan
from heatdesk.live import Instrument, Watched


def instrument(symbol: str, active: bool = True) -> Instrument:
    base, _, rest = symbol.partition("/")
    kind = "spot" if ":" not in symbol else "linear"
    return Instrument("dydx", symbol, symbol, base, rest.partition(":")[0], kind, active=active)


KNOWN = {
    symbol: instrument(symbol)
    for symbol in ("BTC/USDC:USDC", "BTC/USDC", "ETH/USDC:USDC", "SOL/USDC:USDC", "SOL/USDT:USDT")
}
BTC, ETH, SOL = "BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"


def test_a_coin_is_followed_under_the_exchange_s_name_with_its_spot_pair() -> None:
    found = following("dydx", KNOWN, FeedPlan(("dydx",), (BTC, SOL, "NONE/USDT:USDT")), Watched())
    assert list(found.instruments) == ["BTC/USDC:USDC", "BTC/USDC", "SOL/USDT:USDT"]
    assert not found.shown


def test_charts_add_what_they_show_and_books_of_it() -> None:
    watched = Watched(frozenset({Market("dydx", ETH), Market("okx", SOL)}), frozenset({Market("dydx", ETH)}))
    found = following("dydx", KNOWN, FeedPlan(("dydx",)), watched)
    assert list(found.instruments) == ["ETH/USDC:USDC"]
    assert found.shown == found.books == {"ETH/USDC:USDC"}


def test_spot_can_be_left_out_and_what_no_longer_trades_is() -> None:
    known = {**KNOWN, "ETH/USDC:USDC": instrument("ETH/USDC:USDC", active=False)}
    found = following("dydx", known, FeedPlan(("dydx",), (BTC, ETH), spot=False), Watched())
    assert list(found.instruments) == ["BTC/USDC:USDC"]
