"""`heatdesk drawing`: the graphics card against the processor, both drawing the map. The window asks it, too."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import asdict
from typing import Final

from heatdesk.commands.display import use_display
from heatdesk.errors import UsageError

_SIZE: Final = re.compile(r"([1-9][0-9]{1,4})x([1-9][0-9]{1,4})")
_LARGEST: Final = 16_384
_SCALES: Final = (0.25, 8.0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How large a picture, and how the answer is told."""
    parser.add_argument("--size", default="1920x1080", metavar="WxH", help="of the chart in device pixels")
    parser.add_argument(
        "--scale", type=float, default=1.0, metavar="N", help="device pixels to a logical one, 0.25 to 8"
    )
    parser.add_argument(
        "--unknown-only",
        action="store_true",
        help="answer from memory where this card was tried before, and leave software that poses as one alone",
    )
    parser.add_argument("--json", action="store_true", help="the findings as JSON")


def run(args: argparse.Namespace) -> int:
    """Try the card, print what was found; nothing is kept."""
    size = _SIZE.fullmatch(args.size)
    width, height = (int(size[1]), int(size[2])) if size else (0, 0)
    if not 0 < width <= _LARGEST or not 0 < height <= _LARGEST or not _SCALES[0] <= args.scale <= _SCALES[1]:
        raise UsageError("Give a --size such as 2560x1440, and a --scale from 0.25 to 8.")
    use_display()
    from heatdesk.gui.card.choice import choose
    from heatdesk.gui.card.first_look import look
    from heatdesk.machine.graphics import Memory, load
    from heatdesk.settings.drawing import AUTOMATIC

    found = look((width, height), args.scale, known=load() if args.unknown_only else None)
    if args.json:
        print(json.dumps(asdict(found)))
    else:
        print(choose(AUTOMATIC, Memory((found,)), found.build, found.size).words)
    return 0
