"""`heatdesk doctor`: a line per finding, a table of exchanges, JSON, and an exit code that means what it says."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from heatdesk import checkup, cli
from heatdesk.commands import doctor
from heatdesk.feed import exchanges
from heatdesk.feed.clock import SystemClock
from heatdesk.feed.trial import Trial
from tests.exchange_server import ExchangeServer, ServerThread
from tests.exchange_server.listings import COINS
from tests.patience import PatientClock

WELL = Trial(
    "binance", "Binance", True, instruments=1500, symbol="BTC/USDT:USDT", heard=4, asked=4, quiet=1, messages=1234,
    latency_ms=35.0, skew_ms=120.0, units=1.001,
)  # fmt: skip
REFUSED = Trial("bybit", "Bybit", not_offered=True, reason="not offered here (HTTP 403)")
AWAY = Trial("okx", "OKX", reason="www.okx.com has no address here.")
WRONG = Trial("gate", "Gate", True, heard=3, asked=4, silent=("futures.tickers:BTC_USDT",), units=10.0)


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("HEATDESK_OFFLINE")
    return monkeypatch


def test_a_machine_that_is_well(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.main(["doctor", "--json", str(tmp_path / "found.json")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("ok ") for line in lines)
    told = json.loads((tmp_path / "found.json").read_text())
    assert (told["schema"], told["ok"], told["exchanges"]) == (1, True, [])
    assert [check["name"] for check in told["checks"]][:2] == ["heatdesk", "Python"]


def test_a_finding_that_is_not_well_says_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkup.os, "access", lambda *_: False)
    assert cli.main(["doctor"]) == 1
    told = capsys.readouterr().out
    assert "WRONG  data folder" in told
    assert "make it writable, or set HEATDESK_HOME" in told


def test_nothing_is_tried_where_exchanges_may_not_be_dialled(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEATDESK_OFFLINE", "1")
    monkeypatch.setattr(doctor, "_try_all", lambda: pytest.fail("dialled"))
    assert cli.main(["doctor", "--live"]) == 1
    assert "none was tried: HEATDESK_OFFLINE is set" in capsys.readouterr().out


def test_the_table_and_its_json(
    capsys: pytest.CaptureFixture[str], online: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    online.setattr(doctor, "_try_all", lambda: (WELL, REFUSED))
    assert cli.main(["doctor", "--live", "--json", str(tmp_path / "f.json")]) == 0
    out = capsys.readouterr().out
    row = next(line for line in out.splitlines() if line.startswith("Binance"))
    assert row.split()[1:] == ["yes", "1,500", "BTC/USDT:USDT", "4", "of", "4", "1,234", "35", "ms", "+0.1", "s",
                               "1.001", "well"]  # fmt: skip
    assert "Bybit            not offered" in out
    assert out.endswith("1 of 2 exchanges were reached.\n")
    told = json.loads((tmp_path / "f.json").read_text())
    assert told["ok"]
    assert [one["units"] for one in told["exchanges"]] == [1.001, None]
    assert told["exchanges"][1]["not_offered"]


def test_faults_are_named_and_make_the_exit_code(
    capsys: pytest.CaptureFixture[str], online: pytest.MonkeyPatch
) -> None:
    online.setattr(doctor, "_try_all", lambda: (WELL, WRONG))
    assert cli.main(["doctor", "--live"]) == 1
    out = capsys.readouterr().out
    assert "no data on futures.tickers:BTC_USDT" in out
    assert "10.000 times the volume" in out
    assert math.isnan(WRONG.skew_ms)
    assert "–" in next(line for line in out.splitlines() if line.startswith("Gate"))


def test_where_none_is_reached_one_sentence_says_so(
    capsys: pytest.CaptureFixture[str], online: pytest.MonkeyPatch
) -> None:
    online.setattr(doctor, "_try_all", lambda: (AWAY, AWAY))
    assert cli.main(["doctor", "--live"]) == 1
    assert "No exchange was reached: check the network" in capsys.readouterr().out
    online.setattr(doctor, "_try_all", lambda: (REFUSED, REFUSED))
    assert cli.main(["doctor", "--live"]) == 0
    assert "2 of 2 say that they are not offered here." in capsys.readouterr().out


@pytest.fixture
def clock() -> PatientClock:
    """Ten seconds of listening, however long this machine takes for them."""
    return PatientClock(SystemClock().now_ms())


@pytest.fixture
def served(tmp_path: Path, clock: PatientClock) -> Iterator[dict[str, str]]:
    """One loopback exchange on a thread of its own, and what points the program at it."""
    clock.hold()
    server = ExchangeServer(clock, coins=COINS[:1], exchanges=["binance"])
    with ServerThread(server, loop=clock.loop()):
        yield server.environment(tmp_path)
        clock.release()


def test_live_against_an_exchange_that_runs(
    served: dict[str, str],
    clock: PatientClock,
    capsys: pytest.CaptureFixture[str],
    online: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name, value in served.items():
        online.setenv(name, value)
    online.setattr(exchanges, "EXCHANGES", {"binance": exchanges.EXCHANGES["binance"]})
    online.setattr("heatdesk.feed.clock.SystemClock", lambda: clock)
    online.setattr(asyncio, "run", clock.run)
    status = cli.main(["doctor", "--live", "--json", str(tmp_path / "found.json")])
    [told] = json.loads((tmp_path / "found.json").read_text())["exchanges"]
    assert (status, told["faults"]) == (0, []), capsys.readouterr().out
    assert told["heard"] == told["asked"] > 0
    assert told["units"] == pytest.approx(1.0, abs=0.02)
