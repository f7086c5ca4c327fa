from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject

from heatdesk.gui.turns import Turns


def test_pieces_are_done_in_their_order_each_in_a_turn_of_its_own(qtbot: Any) -> None:
    done: list[str] = []
    owner = QObject()
    turns = Turns(owner)
    turns.put([lambda: done.append("first"), lambda: done.append("second")])
    assert done == []
    qtbot.waitUntil(lambda: bool(done))
    assert done == ["first"]
    qtbot.waitUntil(lambda: len(done) == 2)
    assert done == ["first", "second"]
    assert not turns._timer.isActive()  # nothing ticks for nothing


def test_what_waits_already_is_done_once_and_nothing_of_it_after_it_was_put_away(qtbot: Any) -> None:
    done: list[str] = []

    def piece() -> None:
        done.append("piece")

    owner = QObject()
    turns = Turns(owner)
    turns.put([piece])
    turns.put([piece, lambda: done.append("other")])
    qtbot.waitUntil(lambda: len(done) == 2)
    assert done == ["piece", "other"]
    turns.put([piece])
    turns.clear()
    qtbot.wait(40)
    assert done == ["piece", "other"]


def test_a_piece_that_fails_does_not_keep_the_others_waiting(qtbot: Any) -> None:
    done: list[str] = []

    def fails() -> None:
        raise ValueError("a piece failed")

    owner = QObject()
    turns = Turns(owner)
    with qtbot.capture_exceptions() as caught:
        turns.put([fails, lambda: done.append("after")])
        qtbot.waitUntil(lambda: bool(done))
    assert [kind for kind, *_ in caught] == [ValueError]
