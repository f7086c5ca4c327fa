"""The live window as a person sees it, against the loopback exchanges: at the start, in a cascade, in an outage, after.

    python -m tests.screen.live_pictures --out FOLDER [--size 1280x800] [--theme light]

starts the exchanges and the program on a screen of its own, takes the pictures and says what stands on them. Takes four
minutes: an outage has to last a while to be seen.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtGui import QImage

from tests.exchange_server.server import ExchangeServer, ServerThread
from tests.screen.desktop import Desktop, Picture
from tests.screen.x_server import x_server

EXCHANGES = ("binance", "bybit", "okx", "dydx", "hyperliquid")
_READ_BEFORE = "schema = 1\nentries = 1\n\n[session]\nfirst_page_seen = true\n"
_OUT_S = 90.0
_KERNELS = Path(__file__).parents[2] / ".pytest_cache" / "kernels"


def save(picture: Picture, path: Path) -> None:
    """Write pixels as a PNG."""
    height, width, _ = picture.shape
    image = QImage(picture.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    if not image.save(str(path)):
        raise OSError(f"{path} cannot be written")


def take(out: Path, size: tuple[int, int], theme: str) -> None:
    """Play the four scenes and write a picture of each."""
    with tempfile.TemporaryDirectory(prefix="heatdesk-live-") as folder:
        home = Path(folder)
        (home / "config").mkdir()
        (home / "config" / "settings.toml").write_text(_READ_BEFORE, encoding="utf-8")
        exchanges = ServerThread(ExchangeServer(exchanges=EXCHANGES))
        with exchanges as server, x_server(*size) as display:
            os.environ |= server.environment(home) | {"HEATDESK_OFFLINE": ""}
            os.environ.setdefault("NUMBA_CACHE_DIR", str(_KERNELS))  # compiled once, as an installation does
            started = time.monotonic()
            desktop = Desktop(display, home, size, "run", "--theme", theme)
            try:
                desktop.first_map()
                print(f"first map after {time.monotonic() - started:.1f} s")
                _play(desktop, exchanges, out)
            finally:
                desktop.close()


def _play(desktop: Desktop, exchanges: ServerThread, out: Path) -> None:
    def shoot(name: str, after_s: float) -> None:
        time.sleep(after_s)
        save(desktop.picture(), out / f"{name}.png")
        print(f"{name}.png: {desktop.title()}", flush=True)

    shoot("1-start", 25.0)
    exchanges.call(lambda: _cascade(exchanges.server))
    shoot("2-cascade", 40.0)
    desktop.key("1")
    desktop.key("F2")
    time.sleep(5.0)
    exchanges.call(lambda: exchanges.server.faults.play("outage", "bybit", _OUT_S))
    shoot("3-outage", _OUT_S - 15.0)
    shoot("4-filled", 60.0)
    desktop.key("f", "Alt_L")
    desktop.dialog("Feeds")
    shoot("5-feeds", 2.0)


def _cascade(server: ExchangeServer) -> None:
    server.market.cascade("BTC", [item for p in server.protocols.values() for item in p.listings.values()])


def main(argv: list[str]) -> int:
    """Take the pictures."""
    parser = argparse.ArgumentParser(prog="python -m tests.screen.live_pictures", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--size", default="1280x800", metavar="WxH")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    options = parser.parse_args(argv)
    width, _, height = options.size.partition("x")
    options.out.mkdir(parents=True, exist_ok=True)
    take(options.out, (int(width), int(height)), options.theme)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
