import pytest

from heatdesk.engine import Question
from heatdesk.gui import choices
from heatdesk.market import DAY_MS, LOOKBACKS, TIMEFRAMES, Kind, SeriesKey
from heatdesk.store.base import SeriesInfo

from .market import BTC, ETH


def stored(exchange, symbol, timeframe, rows=100, kind=Kind.CANDLES):
    return SeriesInfo(SeriesKey(exchange, symbol, kind, timeframe), rows, 0, rows)


CATALOGUE = (
    stored("binance", BTC, "5m", 5000),
    stored("binance", BTC, "5m", 9999, Kind.OPEN_INTEREST),
    stored("bybit", BTC, "15m"),
    stored("binance", ETH, "1h"),
    stored("okx", "SOL/USDT:USDT", "5m", 99999, Kind.FUNDING),
)


def test_only_what_has_candles_is_offered():
    assert choices.symbols(CATALOGUE) == (BTC, ETH)
    assert choices.exchanges(CATALOGUE, BTC) == ("binance", "bybit")


def test_only_timeframes_that_every_exchange_can_make():
    assert choices.timeframes(CATALOGUE, BTC, ("binance",)) == ("5m", "15m", "1h", "4h", "1d")
    assert choices.timeframes(CATALOGUE, BTC, ("binance", "bybit")) == ("15m", "1h", "4h", "1d")
    assert choices.timeframes(CATALOGUE, ETH, ("binance",)) == ("1h", "4h", "1d")
    assert choices.timeframes(CATALOGUE, ETH, ("kraken",)) == ()
    assert choices.timeframes(CATALOGUE, ETH, ()) == ()


def test_the_first_question():
    first = choices.first_question(CATALOGUE)
    assert (first.symbol, first.exchanges, first.timeframe) == (BTC, ("binance", "bybit"), "15m")
    assert choices.first_question(CATALOGUE, ETH).timeframe == "1h"
    assert choices.first_question(CATALOGUE, asked=("bybit",)).exchanges == ("bybit",)
    assert choices.first_question(()) is None


def test_what_is_not_stored_stays_in_the_question_for_the_engine_to_say_so():
    assert choices.first_question(CATALOGUE, "DOGE/USDT:USDT").symbol == "DOGE/USDT:USDT"
    assert choices.first_question(CATALOGUE, "DOGE/USDT:USDT").exchanges
    assert choices.first_question(CATALOGUE, BTC, ("mars",)).exchanges == ("mars",)


@pytest.mark.parametrize("lookback", LOOKBACKS.values())
@pytest.mark.parametrize("timeframe", TIMEFRAMES)
def test_never_more_columns_than_a_screen_can_use(lookback, timeframe):
    everything = tuple(TIMEFRAMES)
    question = Question(BTC, ("binance",), timeframe, lookback_ms=DAY_MS)
    other = choices.with_lookback(question, lookback, everything)
    assert other.lookback_ms == lookback
    assert other.lookback_ms // TIMEFRAMES[other.timeframe] <= choices.MOST_COLUMNS
    other = choices.with_timeframe(Question(BTC, ("binance",), "1d", lookback_ms=lookback), timeframe)
    assert other.timeframe == timeframe
    assert other.lookback_ms // TIMEFRAMES[timeframe] <= choices.MOST_COLUMNS


def test_a_short_look_back_keeps_the_candles():
    question = Question(BTC, ("binance",), "15m", lookback_ms=DAY_MS)
    assert choices.with_lookback(question, 7 * DAY_MS, ("5m", "15m")).timeframe == "15m"


def test_another_symbol_takes_exchanges_and_candles_that_it_has():
    question = Question(BTC, ("bybit",), "15m", lookback_ms=DAY_MS, price_min=1.0)
    other = choices.with_symbol(question, ETH, CATALOGUE)
    assert (other.symbol, other.exchanges, other.timeframe) == (ETH, ("binance",), "1h")
    assert other.price_min is None
