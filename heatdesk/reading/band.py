"""How sure a zone's USD are."""

from __future__ import annotations

from typing import NamedTuple


class Band(NamedTuple):
    """P10 and P90 of a zone's USD, and the share of the ensemble's members that see a dense zone there.

    `calibrated` says whether the USD were held against the market's own recorded liquidations.
    """

    low: float
    high: float
    agreed: float
    calibrated: bool
