"""Turns at a steady pace, waits that grow, and hosts that are left alone."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Mapping

import pytest

from heatdesk.feed.bans import Bans
from heatdesk.feed.exchanges.base import RestError
from heatdesk.feed.pace import Backoff, Pace


class LeapingClock:
    """Sleeping takes no time: it leaps."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now_ms(self) -> float:
        return self.seconds * 1000.0

    def steady(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.seconds += seconds


def test_turns_come_in_order_and_never_in_a_bunch() -> None:
    async def scene() -> None:
        clock = LeapingClock()
        pace, times = Pace(clock, 5.0), []

        async def one(number: int) -> None:
            await pace.turn()
            times.append((number, clock.seconds))

        await asyncio.gather(*(one(number) for number in range(20)))
        assert [number for number, _ in times] == list(range(20))
        gaps = [after - before for (_, before), (_, after) in itertools.pairwise(times)]
        assert min(gaps) >= 0.2 - 1e-9
        clock.seconds += 100.0  # time that was not used is not saved up
        before = clock.seconds
        await pace.turn(10.0)
        await pace.turn()
        assert clock.seconds - before == pytest.approx(2.0)

    asyncio.run(scene())


def test_waits_double_to_fifteen_seconds_and_are_spread_even_there() -> None:
    backoff = Backoff(random.Random(1))
    waits = [backoff.wait_s() for _ in range(400)]
    for number, wait in enumerate(waits[:6]):
        assert 0.5 <= wait / (0.25 * 2**number) <= 1.5
    late = waits[8:]
    assert min(late) < 8.0
    assert max(late) > 22.0
    assert max(late) <= 22.5
    backoff.succeeded()
    assert backoff.wait_s() <= 0.375


@pytest.mark.parametrize(
    ("status", "headers", "body", "seconds", "not_offered"),
    [
        (429, {"Retry-After": "7"}, b"", 7.0, False),
        (429, {}, b"", 30.0, False),
        (418, {}, b"", 120.0, False),
        (418, {"Retry-After": "3"}, b'{"code":-1003,"msg":"IP(1.2.3.4) banned until 0000001090000."}', 90.0, False),
        (418, {"Retry-After": "nonsense"}, b"banned until 9999999999999", 7 * 86_400.0, False),
        (429, {"Retry-After": "-5"}, b"", 30.0, False),
        (429, {"Retry-After": "Thu, 01 Jan 1970 00:18:20 GMT"}, b"", 100.0, False),
        (451, {}, b"<html>", 3600.0, True),
        (403, {}, b"<html>", 3600.0, True),
        (403, {}, b"403, access too frequent", 600.0, False),
    ],
)  # fmt: skip
def test_a_ban_lasts_as_long_as_the_answer_says(
    status: int, headers: Mapping[str, str], body: bytes, seconds: float, not_offered: bool
) -> None:
    clock = LeapingClock()
    bans = Bans(clock)
    ban = bans.heed("api.example", status, headers, body)
    assert ban is not None
    assert ban.until_ms - clock.now_ms() == pytest.approx(seconds * 1000.0)
    assert ban.not_offered is not_offered
    clock.seconds += seconds - 0.5
    with pytest.raises(RestError, match=r"api\.example"):
        bans.check("api.example")
    bans.check("other.example")
    clock.seconds += 1.0
    bans.check("api.example")


@pytest.mark.parametrize("status", [200, 400, 404, 500, 503])
def test_other_answers_ban_nobody(status: int) -> None:
    assert Bans(LeapingClock()).heed("api.example", status, {"Retry-After": "9"}, b"") is None


def test_a_shorter_ban_does_not_end_a_longer_one() -> None:
    clock = LeapingClock()
    bans = Bans(clock)
    bans.leave("api.example", 418, 600.0)
    bans.leave("api.example", 429, 5.0)
    standing = bans.standing(["x.example", "api.example"])
    assert standing is not None
    assert standing.status == 418
