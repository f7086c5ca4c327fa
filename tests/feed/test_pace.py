"""Turns at a steady pace, waits that grow, and hosts that are left alone."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from heatdesk.feed.ban_file import BanFile
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
        (429, {"Retry-After": "7"}, b"", 8.0, False),
        (429, {}, b"", 30.0, False),
        (418, {}, b"", 120.0, False),
        (418, {"Retry-After": "3"}, b'{"code":-1003,"msg":"IP(1.2.3.4) banned until 0000001090000."}', 90.0, False),
        (418, {"Retry-After": "nonsense"}, b"banned until 9999999999999", 3 * 86_400.0, False),
        (429, {"Retry-After": "-5"}, b"", 30.0, False),
        (418, {"Retry-After": "0"}, b"banned until 0000000999000", 120.0, False),
        (429, {"Retry-After": "Thu, 01 Jan 1970 00:18:20 GMT"}, b"", 101.0, False),
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


def _kept(file: BanFile, clock: LeapingClock) -> Bans:
    return Bans(clock, file.read(), file.keep)


def test_a_ban_outlives_a_restart_and_ends_when_it_was_told_to(tmp_path: Path) -> None:
    clock, file = LeapingClock(), BanFile(tmp_path / "data" / "bans.json")
    bans = _kept(file, clock)
    bans.leave("api.example", 418, 600.0)
    bans.leave("api.example", 429, 30.0)
    bans.leave("slow.example", 429, 5.0)
    bans.leave("law.example", 451, 3600.0)
    clock.seconds += 500.0
    again = _kept(file, clock)
    again.leave("other.example", 429, 60.0)
    standing = again.standing(["api.example"])
    assert standing is not None
    assert (standing.status, standing.until_ms - clock.now_ms()) == (418, pytest.approx(100_000.0))
    assert again.standing(["slow.example", "law.example"]) is None
    clock.seconds += 50.0
    third = _kept(file, clock)
    for host in ("api.example", "other.example"):
        with pytest.raises(RestError):
            third.check(host)
    clock.seconds += 51.0
    third.check("api.example")
    _kept(file, clock).check("api.example")


def test_a_clock_that_was_set_back_makes_no_ban_longer(tmp_path: Path) -> None:
    clock, file = LeapingClock(), BanFile(tmp_path / "bans.json")
    _kept(file, clock).leave("api.example", 418, 600.0)
    earlier = LeapingClock()
    earlier.seconds -= 300 * 86_400.0
    bans = _kept(file, earlier)
    bans_end = bans.standing(["api.example"])
    assert bans_end is not None
    assert bans_end.until_ms - earlier.now_ms() == pytest.approx(600_000.0)


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", '{"schema": 9, "bans": []}', '{"schema": 1, "bans": {}}', '{"schema": 1, "bans": [[]]}',
        '{"schema": 1, "bans": [{"host": "api.example", "status": 418, "told_ms": 0, "until_ms": 9e99}]}',
        '{"schema": 1, "bans": [{"host": "api.example", "status": 418, "told_ms": 0, "until_ms": 4102444800000}]}',
        '{"schema": 1, "bans": [{"host": "api.example", "status": 418, "told_ms": 9, "until_ms": 9}]}',
        '{"schema": 1, "bans": [{"host": "api.example", "status": 451, "told_ms": 999000, "until_ms": 1900000}]}',
        '{"schema": 1, "bans": [{"host": ["api.example"], "status": 418, "told_ms": 0, "until_ms": 1900000}]}',
    ],
)  # fmt: skip
def test_a_file_of_bans_that_cannot_be_true_bans_nobody(tmp_path: Path, text: str) -> None:
    file = BanFile(tmp_path / "bans.json")
    (tmp_path / "bans.json").write_text(text)
    bans = _kept(file, LeapingClock())
    bans.check("api.example")
    bans.leave("api.example", 418, 600.0)
    assert len(file.read()) == 1


def test_a_ban_that_cannot_be_written_holds_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")
    bans = _kept(BanFile(tmp_path / "data" / "bans.json"), LeapingClock())
    bans.leave("api.example", 418, 600.0)
    with pytest.raises(RestError):
        bans.check("api.example")
