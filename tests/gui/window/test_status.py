import dataclasses

from heatdesk.gui.status import said_once
from heatdesk.live import Hole, HoleState
from heatdesk.market import Interval


def test_what_is_true_of_several_exchanges_is_said_once():
    notes = (
        "binance: 3.0 days of history before the first column, older positions are missing.",
        "bybit: 3.0 days of history before the first column, older positions are missing.",
        "okx: 2.1 days of history before the first column, older positions are missing.",
        "okx: no open interest recorded, births from volume alone.",
        "The map is empty.",
    )
    assert said_once(notes) == [
        "binance, bybit: 3.0 days of history before the first column, older positions are missing.",
        *notes[2:],
    ]
    assert said_once(()) == []


def test_the_status_bar_and_its_details_say_it_once(window, snapshot):
    same = tuple(f"{exchange}: no open interest recorded." for exchange in ("binance", "bybit", "okx"))
    window.show_snapshot(dataclasses.replace(snapshot, notes=same))
    assert window.status.line == "binance, bybit, okx: no open interest recorded."
    assert window.status._notes == window.status.line


def test_it_counts_what_is_hatched_and_tells_whose_it_is(window, snapshot):
    start = int(snapshot.heatmap.times_ms[4])
    hour = Interval(start, start + 3_600_000)
    later = Interval(hour.end_ms + 600_000, hour.end_ms + 1_200_000)
    holes = (
        Hole("binance", "BTC", "candles", hour, HoleState.OPEN, "disconnected"),
        Hole("okx", "BTC", "trades", hour, HoleState.NONE_THERE, ""),
        Hole("okx", "BTC", "liquidations", later, HoleState.NONE_THERE, ""),
    )
    window.show_snapshot(dataclasses.replace(snapshot, gaps=(), holes=holes))
    assert window.status._data.text().endswith("gaps 2")
    newest, older = window.status._data.toolTip().splitlines()
    assert newest.endswith("okx liquidations missing, the exchange has none")
    assert "binance candles missing, being filled (disconnected); okx trades missing" in older
    window.show_snapshot(dataclasses.replace(snapshot, gaps=(), holes=()))
    assert window.status._data.toolTip() == "No gaps in the range shown"
