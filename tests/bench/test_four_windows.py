"""Four live windows: the rows they are told in, and the parts that are the bench's own."""

from heatdesk.events import Market
from heatdesk.live import Watched
from tests.bench.four_windows import COINS, SIZES, share, table_of
from tests.bench.four_windows_live import SharedFeed
from tests.bench.screen import screen


class _Feed:
    watched = Watched()

    def watch(self, watched: Watched) -> None:
        self.watched = watched


def test_one_feed_hears_what_any_window_shows() -> None:
    feed, btc, eth = _Feed(), Market("binance", "BTC/USDT:USDT"), Market("okx", "ETH/USDT:USDT")
    shared = SharedFeed(feed)
    shared.watch(0, Watched(frozenset({btc})))
    shared.watch(1, Watched(frozenset({eth}), frozenset({eth})))
    assert feed.watched == Watched(frozenset({btc, eth}), frozenset({eth}))
    shared.watch(1, Watched(frozenset({btc})))
    assert feed.watched == Watched(frozenset({btc}))


def test_the_gap_of_99_of_100_is_held_against_the_target() -> None:
    told = {
        "seconds": 2.0,
        "frame_gaps_ms": [33.0] * 98 + [400.0, 500.0],
        "tick_gaps_ms": [16.0],
        "heard": 4000,
        "cpu_s": 1.0,
        "rss": 1 << 20,
    }
    table = {row["name"]: row for row in table_of(SIZES[0], COINS, told)}
    worst = table["four live windows of 2560×1440, a coin each: frame gap, 99 of 100"]
    assert (worst["value"], worst["target"], worst["ok"]) == (500.0, 50.0, False)
    assert table["four live windows of 2560×1440, a coin each: trades heard"]["value"] == 2000.0
    assert table["four live windows of 2560×1440, a coin each: paintings a second of each"]["value"] == 12.5


def test_a_window_that_is_never_painted_misses() -> None:
    assert share([], 0.99) == float("inf")
    assert share([1.0, 2.0, 3.0], 0.5) == 2.0


def test_a_screen_is_one_or_memory() -> None:
    with screen(320, 200) as environment:
        assert environment.get("DISPLAY") or environment["QT_QPA_PLATFORM"] == "offscreen"
        assert environment["PYQTGRAPH_QT_LIB"] == "PySide6"
