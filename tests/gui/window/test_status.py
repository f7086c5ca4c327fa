import dataclasses

from heatdesk.gui.status import said_once


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
