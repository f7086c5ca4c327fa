"""What a map is drawn with, whoever draws it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatdesk.gui.colour_table import Contrast
from heatdesk.market import Floats
from heatdesk.model.heatmap import Heatmap


class HeatShown(NamedTuple):
    """A map and how it is looked at; whoever draws it keeps what it needs until the next frame shows another.

    `row_edges` (n_prices + 1) are its price edges in view y, `side` one of ``view.SIDES``, `rendering` one of
    ``view.RENDERINGS``. `palette` is uint8 RGBA, (256, 4), signed (2, 256, 4) or by age (5, 256, 4), and `contrast`
    in USD per bin. `by` tells two ways to colour apart: their palette's bytes and their contrast.
    """

    heatmap: Heatmap
    row_edges: Floats
    side: str
    rendering: str
    palette: NDArray[np.uint8]
    contrast: Contrast
    by: tuple[bytes, Contrast]
