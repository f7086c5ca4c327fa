"""Golden pictures of the window: kept small, compared tightly where the map is and by blocks where words are.

Letters are drawn a little differently by every font library, so words are compared as the mean colours of blocks of
8 × 8 pixels: a letter that moves by a fraction of a pixel is tolerated, a word that is missing, cut or elsewhere not.

After a wanted change of the window, `HEATDESK_RENEW_GOLDEN=1 python -m pytest tests/screen tests/golden` writes all
pictures anew: look at them before committing. One that differs is left beside the test's temporary files.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PySide6.QtGui import QImage

from .desktop import Picture

FOLDER = Path(__file__).parents[1] / "golden" / "window"
RENEW = "HEATDESK_RENEW_GOLDEN"
_COLOURS, _PLAIN = 256, 24
_BLOCK = 8
_MAP_MEAN = 2.0  # of 255
_MAP_FAR, _MAP_MOST_FAR = 48, 0.01
_WORD_FAR, _WORD_MOST_FAR = 28.0, 6  # blocks further off than this, of a whole window


def read(path: Path) -> Picture:
    """A picture of a file."""
    image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGBX8888)
    assert not image.isNull(), f"{path} is no picture"
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 4].reshape(image.height(), image.width(), 4)[..., :3].copy()


def write(picture: Picture, path: Path) -> None:
    """Keep a picture in 256 colours: a file a third as large, that nobody tells from the other."""
    code = (picture.astype(np.uint32) * np.array([65536, 256, 1], np.uint32)).sum(axis=2, dtype=np.uint32)
    colours, index, counts = np.unique(code, return_inverse=True, return_counts=True)
    parts = np.stack([colours >> shift & 255 for shift in (16, 8, 0)], axis=1).astype(np.float64)
    by_count = np.argsort(-counts, kind="stable")
    plain, rest = by_count[:_PLAIN], by_count[_PLAIN:]  # grounds and inks stay what they are
    boxes = [np.array([one]) for one in plain]
    if len(rest):
        boxes += [rest[box] for box in _median_cut(parts[rest], np.sqrt(counts[rest]), _COLOURS - len(boxes))]
    table, entry = [], np.empty(len(colours), np.uint8)
    for number, box in enumerate(boxes):
        entry[box] = number
        red, green, blue = np.rint(np.average(parts[box], axis=0, weights=counts[box])).astype(int).tolist()
        table.append(0xFF000000 | red << 16 | green << 8 | blue)
    indices = np.ascontiguousarray(entry[index.reshape(code.shape)])
    height, width = indices.shape
    image = QImage(indices.data, width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable(table)
    path.parent.mkdir(parents=True, exist_ok=True)
    assert image.save(str(path), "PNG", 0)


def _median_cut(colours: np.ndarray, weights: np.ndarray, most: int) -> list[np.ndarray]:
    """Up to `most` groups of alike colours (n, 3): the widest and heaviest box is halved until there are enough.

    Heckbert, Color image quantization for frame buffer display, 1982.
    """
    boxes = [np.arange(len(colours))]
    costs = [np.inf]
    while len(boxes) < most and max(costs) > 0:
        box = boxes.pop(place := int(np.argmax(costs)))
        del costs[place]
        widest = int(np.argmax(np.ptp(colours[box], axis=0)))
        box = box[np.argsort(colours[box, widest], kind="stable")]
        heavy = np.cumsum(weights[box])
        cut = int(np.clip(np.searchsorted(heavy, heavy[-1] / 2), 1, len(box) - 1))
        for half in (box[:cut], box[cut:]):
            boxes.append(half)
            costs.append(float(np.ptp(colours[half], axis=0).max() ** 2 * weights[half].sum()))
    return boxes


def complaint(seen: Picture, kept: Picture, plot: tuple[slice, slice] | None) -> str:
    """How a picture differs from the one kept; empty where it is the same to the eye. `plot`: where the map is."""
    if seen.shape != kept.shape:
        return (
            f"it is {seen.shape[1]} × {seen.shape[0]} pixels, the kept one {kept.shape[1]} × {kept.shape[0]}"
        )
    words = np.ones(seen.shape[:2], bool)
    if plot is not None:
        off = np.abs(seen[plot].astype(np.int16) - kept[plot].astype(np.int16))
        mean, far = float(off.mean()), float((off.max(axis=2) > _MAP_FAR).mean())
        if mean > _MAP_MEAN or far > _MAP_MOST_FAR:
            return f"the map: mean {mean:.2f} of 255, {far:.2%} of its pixels far off"
        words[plot] = False
    blocks = np.abs(_blocks(seen, words) - _blocks(kept, words)).max(axis=2) > _WORD_FAR
    if blocks.sum() <= _WORD_MOST_FAR:
        return ""
    top, left = (int(places.min()) * _BLOCK for places in np.nonzero(blocks))
    return f"{blocks.sum()} blocks of {_BLOCK} × {_BLOCK} pixels differ, the first near {left}, {top}"


def _blocks(picture: Picture, counted: np.ndarray) -> np.ndarray:
    """Mean colours of blocks, float (rows, columns, 3); pixels that do not count are black."""
    height, width = (size // _BLOCK for size in picture.shape[:2])
    cut = np.where(counted[..., None], picture, 0)[: height * _BLOCK, : width * _BLOCK]
    return cut.reshape(height, _BLOCK, width, _BLOCK, 3).mean(axis=(1, 3))


def check(seen: Picture, name: str, plot: tuple[slice, slice] | None, leave: Path) -> None:
    """Compare with the picture of this name, or keep it as that where pictures are renewed."""
    path = FOLDER / f"{name}.png"
    if os.environ.get(RENEW):
        write(seen, path)
        return
    assert path.exists(), f"{path.name} is missing: {RENEW}=1 python -m pytest tests/screen tests/golden"
    if wrong := complaint(seen, read(path), plot):
        write(seen, leave / path.name)
        raise AssertionError(f"{path.name}: {wrong}; what was seen is {leave / path.name}")
