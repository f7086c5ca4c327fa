"""What is wished of the model worker: the newest of each kind, questions first, and what has time last."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from heatdesk.engine import Question, Snapshot
from heatdesk.gui.wishes import Answer, Doubt, Explain, LookAhead, Wishes
from heatdesk.reading.explain import Cell

BTC, ETH = Question("BTC", ("binance",)), Question("ETH", ("binance",))
CELL = cast(Cell, "a cell")
SHOWN = cast(Snapshot, "a snapshot")


@pytest.fixture
def wishes() -> Wishes:
    return Wishes()


def test_the_newest_question_is_the_only_one(wishes: Wishes) -> None:
    wishes.ask(BTC, rereads=True)
    wishes.ask(ETH, rereads=False)
    assert wishes.next() == Answer(2, ETH, True), "what is stored is read for whoever asked for that"
    assert not wishes.is_any()


def test_a_question_comes_before_a_cell_and_both_before_what_has_time(wishes: Wishes) -> None:
    wishes.later(Doubt(SHOWN))
    wishes.later(LookAhead(SHOWN))
    wishes.explain(BTC, CELL)
    wishes.ask(BTC, rereads=False)
    kinds = [type(wishes.next()) for _ in range(4)]
    assert kinds == [Answer, Explain, LookAhead, Doubt]


def test_what_is_under_way_is_told_until_the_worker_comes_again(wishes: Wishes) -> None:
    assert wishes.under_way is None
    wishes.later(LookAhead(SHOWN))
    job = wishes.next()
    assert wishes.under_way is job
    waits = threading.Thread(target=wishes.next, daemon=True)
    waits.start()
    wishes.stop()
    waits.join(10.0)
    assert wishes.under_way is None


@pytest.mark.parametrize(
    ("asked", "rereads", "answered", "taken"),
    [(BTC, False, BTC, True), (ETH, False, BTC, False), (BTC, True, BTC, False), (None, False, None, False)],
)
def test_only_the_same_question_is_answered_in_between(
    wishes: Wishes, asked: Any, rereads: bool, answered: Any, taken: bool
) -> None:
    wishes.ask(asked, rereads)
    assert (wishes.take_again(answered) is not None) is taken
    assert wishes.is_any() is not taken


def test_an_end_comes_before_everything(wishes: Wishes) -> None:
    wishes.ask(BTC, rereads=False)
    wishes.stop()
    assert wishes.take_again(BTC) is None
    assert wishes.next() is None
