"""What a person takes away: maps as NPZ, tables as CSV or Parquet. A file appears whole or not at all."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from heatdesk.errors import UsageError
from heatdesk.machine.files import whole_file
from heatdesk.market import HOUR_MS
from heatdesk.model.heatmap import Heatmap
from heatdesk.reading.clusters import Cluster

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_map(heatmap: Heatmap, path: Path) -> None:
    """Save a map as NPZ: notional_long, notional_short, prices, times_ms, tiers and meta (a JSON string)."""

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez_compressed(
                file,
                notional_long=heatmap.notional_long,
                notional_short=heatmap.notional_short,
                prices=heatmap.prices,
                times_ms=heatmap.times_ms,
                tiers=heatmap.tiers,
                meta=np.array(json.dumps(heatmap.meta)),
            )

    whole_file(path, write)


CLUSTER_COLUMNS = (
    "side", "zone_low", "zone_high", "peak_price", "usd", "distance_percent", "share_percent", "tiers",
    "exchanges", "age_hours", "age_at_least", "state",
    "strength", "strength_size", "strength_nearness", "strength_share", "strength_standing",
    "touch_percent", "touch_within_hours", "usd_p10", "usd_p90", "agreed_percent",
)  # fmt: skip


def cluster_rows(clusters: Sequence[Cluster]) -> list[dict[str, Any]]:
    """Clusters as plain rows, in the order given."""
    return [dict(zip(CLUSTER_COLUMNS, _cluster_row(cluster), strict=True)) for cluster in clusters]


def _cluster_row(c: Cluster) -> tuple[Any, ...]:
    tiers = " ".join(f"{leverage:g}x:{share:.3f}" for leverage, share in c.tiers[:5])
    exchanges = " ".join(f"{exchange}:{share:.3f}" for exchange, share in c.exchanges)
    place = (c.side, c.low, c.high, c.peak, c.usd, 100 * c.distance, 100 * c.share, tiers, exchanges)
    return (
        *place,
        c.age.ms / HOUR_MS,
        c.age.at_least,
        c.state,
        c.strength.total,
        *c.strength,
        *_touch(c),
        *_band(c),
    )


def _touch(c: Cluster) -> tuple[float | None, float | None]:
    """Nothing where no chance is known: an empty cell, not a zero."""
    known = c.touch.horizon_ms > 0
    return (100 * c.touch.chance, c.touch.horizon_ms / HOUR_MS) if known else (None, None)


def _band(c: Cluster) -> tuple[float | None, ...]:
    """Nothing where the ensemble was not asked."""
    return (None, None, None) if c.band is None else (c.band.low, c.band.high, 100 * c.band.agreed)


def write_clusters(clusters: Sequence[Cluster], path: Path) -> None:
    """Save clusters as CSV or Parquet by the file's ending; raises UsageError for another."""
    if path.suffix not in (".csv", ".parquet"):
        raise UsageError(f"{path.name} must end in .csv or .parquet.")

    rows, names = cluster_rows(clusters), CLUSTER_COLUMNS

    def write_csv(temporary: Path) -> None:
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows({k: _cell(v) for k, v in row.items()} for row in rows)

    def write_parquet(temporary: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table({name: [row[name] for row in rows] for name in names}), temporary)

    whole_file(path, write_csv if path.suffix == ".csv" else write_parquet)


def clusters_text(clusters: Sequence[Cluster]) -> str:
    """Clusters as tab-separated lines under a header, as a spreadsheet takes them from the clipboard."""
    lines = [CLUSTER_COLUMNS, *(tuple(map(_cell, row.values())) for row in cluster_rows(clusters))]
    return "".join("\t".join(map(str, line)) + "\n" for line in lines)


def _cell(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula is quoted with an apostrophe; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
