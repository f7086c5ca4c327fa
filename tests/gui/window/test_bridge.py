import threading

import pytest

from heatdesk.engine import Question
from heatdesk.errors import BadInputError
from heatdesk.gui.bridge import Bridge
from heatdesk.gui.view import SIDES
from heatdesk.reading.explain import Cell
from heatdesk.replay.doubting import StoppedError

from .market import BTC, ETH

FIRST = Question(BTC, ("binance",), "1h")


class Slow:
    """An engine that answers when it is told to, to have questions overtake answers."""

    def __init__(self, engine):
        self.engine = engine
        self.asked = []
        self.go = threading.Semaphore(0)
        self.busy = threading.Event()

    def catalogue(self):
        return self.engine.catalogue()

    def ask(self, question, early=None):
        self.asked.append(question)
        self.busy.set()
        assert self.go.acquire(timeout=10)
        return self.engine.ask(question)


@pytest.fixture
def make(qtbot):
    made = []

    def bridge(engine, first=lambda catalogue: FIRST):
        made.append(Bridge(lambda: engine, first))
        return made[-1]

    yield bridge
    for one in made:
        one.stop()


def test_the_first_answer_comes_by_itself_on_the_gui_thread(qtbot, make, engine):
    bridge, answers, threads = make(engine), [], []
    bridge.answered.connect(answers.append)
    bridge.answered.connect(lambda _: threads.append(threading.current_thread()))
    with qtbot.waitSignals([bridge.opened, bridge.answered], timeout=20_000):
        bridge.start()
    assert [answer.question for answer in answers] == [FIRST]
    assert threads == [threading.main_thread()]


def test_nothing_stored_asks_nothing(qtbot, make, engine):
    bridge = make(engine, first=lambda catalogue: None)
    with qtbot.assertNotEmitted(bridge.answered), qtbot.waitSignal(bridge.opened, timeout=10_000):
        bridge.start()


def test_the_newest_question_wins(qtbot, make, engine):
    slow = Slow(engine)
    bridge, answers = make(slow), []
    bridge.answered.connect(answers.append)
    bridge.start()
    assert slow.busy.wait(10)
    forgotten, newest = Question(ETH, ("binance",), "4h"), Question(ETH, ("binance",), "1h")
    bridge.ask(forgotten)
    bridge.ask(newest)
    with qtbot.waitSignal(bridge.answered, timeout=20_000):
        slow.go.release()
        slow.go.release()
    assert slow.asked == [FIRST, newest], "a question that was waiting is forgotten"
    assert [answer.question for answer in answers] == [newest], "a late answer is dropped"


def test_when_nothing_is_wished_the_other_sides_of_the_answer_are_packed(qtbot, make, engine):
    bridge, answers = make(engine), []
    bridge.answered.connect(answers.append)
    bridge.start()
    qtbot.waitUntil(lambda: len(answers) == 1, timeout=20_000)
    assert bridge.ahead._box.heatmap is answers[0].heatmap
    qtbot.waitUntil(lambda: len(bridge.ahead._box.cells) == len(SIDES), timeout=20_000)


def test_reading_again_offers_what_is_new_and_asks_the_same(qtbot, make, engine):
    bridge, answers = make(engine), []
    bridge.answered.connect(answers.append)
    with qtbot.waitSignal(bridge.answered, timeout=20_000):
        bridge.start()
    shown = Question(ETH, ("binance",), "1h")
    with qtbot.waitSignals([bridge.opened, bridge.answered], timeout=20_000):
        bridge.read_again(shown)
    assert [answer.question for answer in answers] == [FIRST, shown]


def test_refreshing_asks_again_what_was_answered_and_never_pushes_in(qtbot, make, engine):
    slow = Slow(engine)
    bridge, answers = make(slow), []
    bridge.answered.connect(answers.append)
    bridge.refresh()
    assert slow.asked == [], "nothing was answered yet"
    bridge.start()
    assert slow.busy.wait(10)
    bridge.refresh()
    with qtbot.waitSignal(bridge.answered, timeout=20_000):
        slow.go.release()
    bridge.refresh()
    bridge.refresh()
    other = Question(ETH, ("binance",), "1h")
    bridge.ask(other)
    with qtbot.waitSignal(bridge.answered, timeout=20_000):
        for _ in range(3):
            slow.go.release()
    assert answers[-1].question == other, "a refresh on its way gives way to a question"
    assert slow.asked in ([FIRST, FIRST, other], [FIRST, other])


def test_an_error_is_a_sentence(qtbot, make, engine):
    bridge = make(engine, first=lambda catalogue: Question("NO/SUCH:COIN", ("binance",)))
    with qtbot.waitSignal(bridge.failed, timeout=10_000) as failed:
        bridge.start()
    assert "NO/SUCH:COIN" in failed.args[0]
    with qtbot.waitSignal(bridge.answered, timeout=20_000):
        bridge.ask(FIRST)


def test_an_engine_that_does_not_open_is_a_sentence_and_can_be_tried_again(qtbot, engine):
    tries = []

    def opening():
        tries.append(1)
        if len(tries) == 1:
            raise BadInputError("The settings file is damaged; remove it.")
        return engine

    bridge = Bridge(opening, lambda catalogue: FIRST)
    with qtbot.waitSignal(bridge.failed, timeout=10_000) as failed:
        bridge.start()
    assert failed.args == ["The settings file is damaged; remove it."]
    with qtbot.waitSignal(bridge.answered, timeout=20_000):
        bridge.read_again(None)
    bridge.stop()


def test_an_unforeseen_error_names_no_trace(qtbot, make, engine, caplog):
    bridge = make(engine, first=lambda catalogue: 1 / 0)
    with qtbot.waitSignal(bridge.failed, timeout=10_000) as failed:
        bridge.start()
    assert "ZeroDivisionError" in failed.args[0]
    assert "Traceback" not in failed.args[0]
    assert "Traceback" in caplog.text


def test_nothing_is_delivered_after_stop(qtbot, engine):
    slow = Slow(engine)
    bridge, answers = Bridge(lambda: slow, lambda catalogue: FIRST), []
    bridge.answered.connect(answers.append)
    bridge.start()
    assert slow.busy.wait(10)
    slow.go.release()
    bridge.stop()
    qtbot.wait(50)
    assert answers == []


def test_before_the_first_map_come_what_is_stored_what_is_asked_and_the_candles(qtbot, make, engine):
    slow, told = SlowMap(engine), []
    bridge = make(slow)
    for name in ("opened", "asked", "waiting", "candles", "answered"):
        getattr(bridge, name).connect(lambda value, n=name: told.append((n, value)))
    slow.tell = bridge.tell
    bridge.start()
    qtbot.waitUntil(
        lambda: [name for name, _ in told] == ["opened", "asked", "waiting", "candles"], timeout=20_000
    )
    assert told[0][1] == engine.catalogue()
    assert told[1][1] == FIRST
    assert told[2][1] == "Compiling"
    early = told[3][1]
    assert early.question == FIRST
    assert len(early.candles)
    assert early.heatmap.shape[0] == 0
    slow.go.set()
    with qtbot.waitSignal(bridge.answered, timeout=20_000):
        pass
    assert told[-1][1].heatmap.times_ms.tolist() == early.heatmap.times_ms.tolist()
    with qtbot.waitSignal(bridge.answered, timeout=20_000):
        bridge.ask(Question(ETH, ("binance",), "1h"))
    assert [name for name, _ in told].count("candles") == 1, "later the old picture stays"


class SlowMap:
    """An engine that has the candles at once and takes its time for the map."""

    def __init__(self, engine):
        self.engine, self.go = engine, threading.Event()
        self.catalogue = engine.catalogue

    def ask(self, question, early=None):
        self.tell("Compiling")

        def wait(snapshot):
            early(snapshot)
            assert self.go.wait(10)

        return self.engine.ask(question, wait if early else None)


def test_stopping_waits_no_longer_than_it_may(qtbot, engine):
    slow = Slow(engine)
    bridge = Bridge(lambda: slow, lambda catalogue: FIRST)
    bridge.start()
    assert slow.busy.wait(10)
    assert not bridge.stop(within_s=0), "the worker cannot be interrupted"
    slow.go.release()
    assert bridge.stop(within_s=10)


def test_a_cell_is_explained_after_the_answer_and_the_newest_wish_wins(qtbot, make, engine):
    bridge, explained, answers = make(engine), [], []
    bridge.explained.connect(explained.append)
    bridge.answered.connect(answers.append)
    with qtbot.waitSignal(bridge.answered, timeout=20_000):
        bridge.start()
    heatmap = answers[0].heatmap
    row = int(heatmap.notional_long[:, -1].argmax())
    cells = [Cell.of(heatmap, row + shift, heatmap.shape[1] - 1) for shift in (1, 0)]
    with qtbot.waitSignals([bridge.answered, bridge.explained], timeout=20_000):
        bridge.ask(FIRST)
        for cell in cells:
            bridge.explain(FIRST, cell)
    qtbot.waitUntil(lambda: explained and explained[-1].cell == cells[-1], timeout=20_000)
    assert explained[-1].usd("long") == pytest.approx(float(heatmap.notional_long[row, -1]), rel=1e-6)


def test_a_cell_that_cannot_be_explained_is_told(qtbot, make, engine):
    bridge = make(engine)
    with qtbot.waitSignal(bridge.answered, timeout=20_000):
        bridge.start()
    with qtbot.waitSignal(bridge.failed, timeout=20_000) as told:
        bridge.explain(Question("NONE/USDT:USDT", ("binance",)), Cell(10_000, 0, 1, 1))
    assert "NONE/USDT:USDT" in told.args[0]


class Doubtful:
    """An engine whose doubts take until `enough`, looking for a wish every few milliseconds."""

    def __init__(self, engine):
        self.engine, self.asked, self.given_up = engine, 0, 0
        self.enough, self.began = threading.Event(), threading.Event()

    def catalogue(self):
        return self.engine.catalogue()

    def ask(self, question, early=None):
        self.asked += 1
        return self.engine.ask(question)

    def explain(self, question, cell):
        return self.engine.explain(question, cell)

    def doubt(self, snapshot, stopped):
        self.began.set()
        while not self.enough.wait(0.005):
            if stopped():
                self.given_up += 1
                raise StoppedError
        return


def test_a_refresh_is_answered_while_the_worker_doubts_and_the_doubts_go_on(qtbot, make, engine):
    doubtful = Doubtful(engine)
    bridge, doubts = make(doubtful), []
    bridge.doubted.connect(doubts.append)
    with qtbot.waitSignal(bridge.answered, timeout=20_000):
        bridge.start()
    assert doubtful.began.wait(10)
    for _ in range(3):
        with qtbot.waitSignal(bridge.answered, timeout=10_000):
            assert bridge.refresh()
    assert doubtful.asked == 4
    assert doubtful.given_up == 0
    with qtbot.waitSignal(bridge.doubted, timeout=10_000):
        doubtful.enough.set()
    assert [doubted.question for doubted in doubts] == [FIRST]


def test_another_question_ends_the_doubts(qtbot, make, engine):
    doubtful = Doubtful(engine)
    bridge = make(doubtful)
    with qtbot.waitSignal(bridge.answered, timeout=20_000):
        bridge.start()
    assert doubtful.began.wait(10)
    with qtbot.waitSignal(bridge.answered, timeout=20_000):
        bridge.ask(Question(ETH, ("binance",), "1h"))
    assert doubtful.given_up == 1
    doubtful.enough.set()
