"""Files as exchanges and users have them, made in a folder of the test's own."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path

JANUARY = 1_735_689_600_000  # 2025-01-01
STEP = 300_000
SYMBOL = "BTC/USDT:USDT"
KLINES_HEADER = (
    "open_time,open,high,low,close,volume,close_time,"
    "quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)
METRICS_HEADER = (
    "create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_ratio,"
    "sum_toptrader_long_short_ratio,count_long_short_ratio,sum_taker_long_short_vol_ratio"
)
SNAPSHOT_HEADER = (
    "time,side,order_type,time_in_force,original_quantity,price,average_price,order_status,"
    "last_fill_quantity,accumulated_fill_quantity"
)


def candle_lines(
    count: int = 6, header: str = "time_ms,open,high,low,close,volume", extra: str = ""
) -> list[str]:
    """A header and 5m candles that each rise by 10; `extra` is appended to every row."""
    rows = [
        f"{JANUARY + i * STEP},{50_000 + 10 * i},{50_020 + 10 * i},{49_990 + 10 * i},{50_010 + 10 * i},{i + 1}.5{extra}"
        for i in range(count)
    ]
    return [header, *rows]


def kline_lines(count: int = 6) -> list[str]:
    """Binance Vision klines without their header."""
    return [
        f"{JANUARY + i * STEP},50000.1,50020,49990,50010,{i + 1}.5,{JANUARY + i * STEP + STEP - 1},"
        f"{(i + 1.5) * 50_005},120,{i + 1}.25,60000,0"
        for i in range(count)
    ]


def write(path: Path, lines: Sequence[str], newline: str = "\n") -> Path:
    """A text file, compressed if its name says so; a zip holds it under its own name."""
    data = (newline.join(lines) + newline).encode()
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(data))
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(path.stem + ".csv", data)
    else:
        path.write_bytes(data)
    return path


def write_checksum(path: Path) -> Path:
    """The checksum file that Binance Vision puts beside every archive."""
    beside = path.with_name(path.name + ".CHECKSUM")
    beside.write_text(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n")
    return beside
