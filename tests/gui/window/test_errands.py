import threading

import pytest

from heatdesk.errors import BadInputError
from heatdesk.gui.errands import Errands


@pytest.fixture
def errands(qapp):
    made = Errands()
    yield made
    made.stop()
    assert made.finish(5)


def test_work_is_done_elsewhere_and_told_here(qtbot, errands):
    where, results = [], []

    def work(errand):
        where.append(threading.current_thread())
        return 7

    errands.run(work, lambda x: results.append((x, threading.current_thread())), results.append)
    qtbot.waitUntil(lambda: bool(results))
    assert results == [(7, threading.main_thread())]
    assert where[0] is not threading.main_thread()


def test_one_after_the_other(qtbot, errands):
    running, most, done = [], [], []

    def work(errand):
        running.append(1)
        most.append(len(running))
        threading.Event().wait(0.02)
        running.pop()

    for _ in range(5):
        errands.run(work, done.append, done.append)
    qtbot.waitUntil(lambda: len(done) == 5)
    assert max(most) == 1


def test_errors_are_sentences(qtbot, errands, caplog):
    told = []

    def bad(errand):
        raise BadInputError("The file is no table.")

    def worse(errand):
        raise ZeroDivisionError

    errands.run(bad, told.append, told.append)
    errands.run(worse, told.append, told.append)
    qtbot.waitUntil(lambda: len(told) == 2)
    assert told[0] == "The file is no table."
    assert "ZeroDivisionError" in told[1]
    assert "--debug" in told[1]
    assert "did not foresee" in caplog.text


def test_progress_is_told_and_ends_with_none(qtbot, errands):
    told, done = [], []
    errands.progressed.connect(told.append)
    goes_on = threading.Event()

    def work(errand):
        for i in range(1000):
            errand.tell(f"file {i}", i / 1000)
        assert goes_on.wait(5)

    errands.run(work, done.append, done.append)
    qtbot.waitUntil(lambda: bool(told) and told[-1] is not None and told[-1].share == 0.999)
    assert len(told) < 1000, "only the latest is told"
    goes_on.set()
    qtbot.waitUntil(lambda: bool(done))
    assert told[-1] is None


def test_giving_up_stops_at_the_next_step_and_tells_no_outcome(qtbot, errands):
    steps, told = [], []
    begun = threading.Event()

    def work(errand):
        while True:
            errand.tell("on", 0.5)
            steps.append(1)
            begun.set()

    errands.run(work, told.append, told.append)
    errands.run(work, told.append, told.append)
    assert begun.wait(5)
    errands.stop()
    assert errands.finish(5)
    count = len(steps)
    qtbot.wait(20)
    assert len(steps) == count
    assert told == []
    done = []
    errands.run(lambda _: 1, done.append, done.append)
    qtbot.waitUntil(lambda: done == [1])


def test_giving_up_waits_for_no_step_and_what_comes_next_does(qtbot, errands):
    goes_on, begun, done, told = threading.Event(), threading.Event(), [], []
    errands.progressed.connect(told.append)

    def one_long_step(errand):
        begun.set()
        assert goes_on.wait(10)

    errands.run(one_long_step, done.append, done.append)
    assert begun.wait(5)
    errands.stop()
    assert told == [None], "the window is told at once"
    assert not errands.finish(0), "the step is still at work"
    errands.run(lambda _: "next", done.append, done.append)
    qtbot.wait(20)
    assert done == [], "two never run at once"
    goes_on.set()
    qtbot.waitUntil(lambda: done == ["next"])
