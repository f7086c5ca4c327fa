import threading
from itertools import pairwise

import pytest

from heatdesk.gui import stripes
from heatdesk.gui.stripes import in_stripes


@pytest.fixture
def three_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine with three processors, whatever this one has."""
    monkeypatch.setattr(stripes, "_threads", lambda: 3)


def covered(top: int, bottom: int, width: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    in_stripes(lambda first, last: found.append((first, last)), top, bottom, width)
    return sorted(found)


def test_stripes_cover_all_rows_once(three_threads: None) -> None:
    for top, bottom in ((0, 2160), (5, 1999), (0, 700)):
        found = covered(top, bottom, 3840)
        assert len(found) == min(3, (bottom - top) * 3840 >> 20)
        assert found[0][0] == top
        assert found[-1][1] == bottom
        assert all(before[1] == after[0] for before, after in pairwise(found))


def test_little_is_done_by_who_asks(three_threads: None) -> None:
    asked = []
    for rows, width in ((900, 1600), (0, 4000), (2160, 0)):
        in_stripes(lambda *_: asked.append(threading.current_thread()), 0, rows, width)
    assert asked == [threading.current_thread()] * 3


def test_a_failure_in_a_stripe_is_raised_after_the_others_are_done(three_threads: None) -> None:
    done = []

    def work(first: int, last: int) -> None:
        if first:
            done.append(last)
            raise ValueError("a stripe failed")

    with pytest.raises(ValueError, match="a stripe failed"):
        in_stripes(work, 0, 3000, 2000)
    assert len(done) == 2
