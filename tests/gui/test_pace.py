"""Whose map is worked out anew, where there are several windows."""

from __future__ import annotations

from heatdesk.gui.pace import Pace


def test_one_after_the_other_with_a_breath_between() -> None:
    pace = Pace()
    assert pace.may_begin("left", 0.0)
    pace.begins("left", 0.0)
    assert not pace.may_begin("right", 0.5)
    assert pace.may_begin("left", 0.5), "its own bridge knows whether it is busy"
    pace.ends("left", 0.6)
    assert not pace.may_begin("right", 0.65)
    assert not pace.may_begin("left", 0.65)
    assert pace.may_begin("right", 0.75)


def test_an_answer_that_never_comes_keeps_nobody_waiting() -> None:
    pace = Pace()
    pace.begins("left", 0.0)
    assert pace.may_begin("right", 2.1)
    pace.begins("right", 2.1)
    pace.ends("left", 2.2)  # late, and no longer its turn
    assert not pace.may_begin("left", 2.3)
