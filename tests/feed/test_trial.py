"""Trying exchanges, against the loopback ones: what is well, and every way in which one is not."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from heatdesk.feed.clock import SystemClock
from heatdesk.feed.detour import Detour
from heatdesk.feed.exchanges import EXCHANGES
from heatdesk.feed.network import Network
from heatdesk.feed.trial import MOST_SKEW_MS, Trial, quote_volume, try_exchange, usual_instrument
from heatdesk.live import Instrument
from heatdesk.market import Kind, Records
from tests.exchange_server import ExchangeServer
from tests.exchange_server.listings import COINS

LISTEN_S = 4.0
FAULTS = {
    "gate": "contract_size",
    "dydx": "451",
    "hyperliquid": "ack_no_data",
    "okx": "malformed",
}
WELL = ("binance", "bybit")


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trial]:
    """Two exchanges as they should be, and four of which each lies in its own way, all at the same time."""
    names = [*WELL, *FAULTS]

    async def run() -> list[Trial]:
        server = ExchangeServer(SystemClock(), coins=COINS[:2], exchanges=names)
        async with server, asyncio.timeout(60):
            authority = server.environment(tmp_path_factory.mktemp("authority"))["HEATDESK_EXCHANGE_CA"]
            clock = SystemClock()
            network = Network(
                [EXCHANGES[name].row for name in names],
                clock,
                Detour("127.0.0.1", server.port, Path(authority)),
            )
            for name, fault in FAULTS.items():
                if fault != "malformed":
                    server.faults.play(fault, name, 60)

            async def spoil() -> None:
                await asyncio.sleep(2.5)
                server.faults.play("malformed", "okx", 1)

            try:
                tried = [try_exchange(EXCHANGES[name](), network, clock, LISTEN_S) for name in names]
                *found, _ = await asyncio.gather(*tried, spoil())
                return found
            finally:
                await network.close()

    return dict(zip(names, asyncio.run(run()), strict=True))


@pytest.mark.parametrize("name", WELL)
def test_one_that_is_well_has_no_faults(trials: dict[str, Trial], name: str) -> None:
    trial = trials[name]
    assert trial.faults == ()
    assert (trial.reachable, trial.not_offered, trial.rejected) == (True, False, 0)
    assert trial.heard > trial.asked / 2
    assert trial.messages > 10
    assert abs(trial.units - 1.0) <= 0.02
    assert abs(trial.skew_ms) < 1000
    assert trial.symbol.startswith("BTC/")


def test_a_contract_of_another_size_is_seen_in_the_volume(trials: dict[str, Trial]) -> None:
    trial = trials["gate"]  # whose candles are in contracts
    assert trial.reachable
    assert trial.units == pytest.approx(10.0, rel=0.02)
    assert any("times the volume" in fault for fault in trial.faults)


def test_one_that_refuses_this_place_is_no_fault(trials: dict[str, Trial]) -> None:
    trial = trials["dydx"]
    assert (trial.reachable, trial.not_offered, trial.faults) == (False, True, ())
    assert "not offered here" in trial.reason


def test_one_that_acknowledges_and_says_nothing(trials: dict[str, Trial]) -> None:
    trial = trials["hyperliquid"]
    assert (trial.reachable, trial.heard) == (True, 0)
    assert len(trial.silent) == trial.asked > 0
    assert "no data on" in trial.faults[0]


def test_messages_that_cannot_be_read(trials: dict[str, Trial]) -> None:
    trial = trials["okx"]
    assert trial.rejected > 0
    assert any("could not be read" in fault for fault in trial.faults)


def test_one_that_cannot_be_reached(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    authority = tmp_path / "none.pem"

    async def run() -> Trial:
        server = ExchangeServer(SystemClock(), coins=COINS[:1], exchanges=["binance"])
        server.certificates.write_authority(authority)
        network = Network([EXCHANGES["binance"].row], SystemClock(), Detour("127.0.0.1", port, authority))
        try:
            return await try_exchange(EXCHANGES["binance"](), network, SystemClock(), 0.1)
        finally:
            await network.close()

    trial = asyncio.run(run())
    assert (trial.reachable, trial.not_offered) == (False, False)
    assert "refused the connection" in trial.faults[0]


def test_a_clock_that_is_off_is_a_fault() -> None:
    trial = Trial("binance", "Binance", reachable=True, skew_ms=-2 * MOST_SKEW_MS)
    assert trial.faults == ("its clock differs by -10.0 s: check this machine's",)
    assert replace(trial, skew_ms=MOST_SKEW_MS / 2).faults == ()


def test_the_usual_instrument_is_bitcoin_in_dollars() -> None:
    def one(symbol: str, kind: str = "linear", active: bool = True) -> Instrument:
        pair, _, _ = symbol.partition(":")
        base, _, quote = pair.partition("/")
        return Instrument("x", symbol, symbol, base, quote, kind, active=active)

    spot, inverse, ether = one("BTC/USDT", "spot"), one("BTC/USD:BTC", "inverse"), one("ETH/USDT:USDT")
    coin, gone = one("BTC/USDC:USDC"), one("BTC/USDT:USDT", active=False)
    assert usual_instrument([spot, ether, inverse, gone, coin]) == coin
    assert usual_instrument([spot, ether]) == ether
    assert usual_instrument([spot]) is None


def test_quote_volume_is_coins_times_price() -> None:
    columns = {
        "open": np.array([10.0, 20.0]), "high": np.array([12.0, 20.0]), "low": np.array([8.0, 20.0]),
        "close": np.array([10.0, 20.0]), "volume": np.array([2.0, 3.0]), "taker_buy_volume": np.full(2, np.nan),
    }  # fmt: skip
    candles = Records(Kind.CANDLES, np.array([0, 60_000]), columns)
    assert quote_volume(candles) == 80.0
    assert quote_volume(candles, 10.0) == 50.0
