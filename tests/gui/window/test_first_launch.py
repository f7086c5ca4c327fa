"""The whole program at its first launch: over loopback exchanges, and over none at all."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Opens the window as `heatdesk run` does, tells what it showed and when, and closes it.
_OPENS = """
import json, sys, time
from heatdesk import app, cli

began = time.monotonic()
told = {}
make = app._application

def watched(*args, **named):
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QDialog

    def window():
        return next((w for w in QApplication.topLevelWidgets() if hasattr(w, "show_live")), None)

    def look():
        shown = window()
        if shown is None or "closed" in told:
            return
        told["dialogs"] = told.get("dialogs", 0) + len([d for d in shown.findChildren(QDialog) if d.isVisible()])
        if shown.desk.chart._snapshot is not None:
            told.setdefault("candles_s", time.monotonic() - began)
        snapshot = shown._snapshot
        if snapshot is None:
            return
        question = snapshot.question
        told.setdefault("map_s", time.monotonic() - began)
        told.update({
            "simulated": question.simulated,
            "symbol": question.symbol,
            "exchanges": question.exchanges,
            "timeframe": question.timeframe,
            "hours": (question.lookback_ms or 0) / 3_600_000,
            "markets": [list(market) for market in snapshot.markets],
            "lights": shown.status.lights.isVisible(),
            "notices": shown.notices.text,
        })
        wanted = int(sys.argv[1])
        if question.simulated or (len(snapshot.markets) >= wanted and told["lights"]):
            told["closed"] = time.monotonic()
            shown.close()

    made = make(*args, **named)
    timer = QTimer(made)
    timer.timeout.connect(look)
    timer.start(30)
    QTimer.singleShot(100_000, made.quit)
    return made

app._application = watched
status = cli.main(["run"])
told["closing_s"] = time.monotonic() - told.pop("closed", 0.0)
print(json.dumps(told | {"status": status}))
"""


def _open(home: Path, environment: dict[str, str], exchanges: int) -> dict[str, Any]:
    inherited = {name: value for name, value in os.environ.items() if name != "HEATDESK_OFFLINE"}
    done = subprocess.run(
        [sys.executable, "-c", _OPENS, str(exchanges)],
        env=inherited | {"HEATDESK_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"} | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert told["status"] == 0, done.stderr
    assert told["dialogs"] == 0
    assert told["closing_s"] < 4.0  # two seconds for what is at work, and Python's own end
    return told


@pytest.fixture
def exchanges(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The loopback exchanges in a process of their own; what points heatdesk at them."""
    words = ["-m", "tests.exchange_server", "--ca", str(tmp_path / "ca.pem")]
    with subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield dict(process.stdout.readline().strip().split("=", 1) for _ in range(2))
        finally:
            process.kill()


@pytest.mark.timeout(150)
def test_with_a_network_bitcoin_opens_over_all_exchanges(home: Path, exchanges: dict[str, str]):
    told = _open(home, exchanges, exchanges=5)
    assert not told["simulated"]
    assert (told["symbol"], told["timeframe"], told["hours"]) == ("BTC/USDT:USDT", "5m", 48.0)
    assert ["dydx", "BTC/USD:USD"] in told["markets"] or ["dydx", "BTC/USDC:USDC"] in told["markets"]
    assert {exchange for exchange, _ in told["markets"]} == set(told["exchanges"])
    assert told["candles_s"] < 15.0  # 4 on a machine of its own; two cores run other tests here
    assert told["candles_s"] <= told["map_s"]


@pytest.mark.timeout(150)
def test_without_a_network_a_market_is_simulated_and_the_reason_told(home: Path, exchanges: dict[str, str]):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    told = _open(home, exchanges | {"HEATDESK_EXCHANGE_SERVER": f"127.0.0.1:{port}"}, exchanges=1)
    assert told["simulated"]
    assert "No exchange can be reached, so this market is simulated" in told["notices"]
