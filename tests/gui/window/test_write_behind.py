import threading

import pytest

from heatdesk.errors import MachineError
from heatdesk.gui.write_behind import WriteBehind


@pytest.fixture
def behind(qapp):
    made = WriteBehind()
    yield made
    assert made.finish(5)


def test_in_order_the_newest_of_each_place_on_another_thread(behind):
    written, goes_on, begun = [], threading.Event(), threading.Event()

    def slow_disk():
        begun.set()
        assert goes_on.wait(10)
        written.append(("settings", 0))

    behind.put("settings", slow_disk)
    assert begun.wait(5)
    for number in (1, 2, 3):
        behind.put("settings", lambda n=number: written.append(("settings", n)))
        behind.put("window", lambda n=number: written.append(("window", n)))
    assert not behind.finish(0), "a slow disk is waited for only so long"
    goes_on.set()
    assert behind.finish(5)
    assert written == [("settings", 0), ("settings", 3), ("window", 3)]


def test_what_cannot_be_written_is_told_here_and_the_rest_goes_on(qtbot, behind, caplog):
    told, written = [], []
    behind.failed.connect(lambda sentence: told.append((sentence, threading.current_thread())))

    def full():
        raise MachineError("settings.toml cannot be written (No space left on device); free some space.")

    def unforeseen():
        raise ZeroDivisionError

    behind.put("a", full)
    behind.put("b", unforeseen)
    behind.put("c", lambda: written.append(1))
    qtbot.waitUntil(lambda: len(told) == 2)
    assert behind.finish(5)
    assert written == [1]
    assert "No space left" in told[0][0]
    assert "ZeroDivisionError" in told[1][0]
    assert {thread for _, thread in told} == {threading.main_thread()}
