"""`heatdesk snapshot`: the very chart of the window as a PNG of any size."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from heatdesk.commands.display import use_display
from heatdesk.commands.question import add_question_arguments, question_from
from heatdesk.errors import UsageError

_SMALLEST, _LARGEST = 320, 16_384
_SIZE = re.compile(r"(\d{1,6})x(\d{1,6})")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The question, and how the picture looks."""
    add_question_arguments(parser)
    parser.add_argument("--size", type=_size, default=(2560, 1440), metavar="2560x1440", help="of the chart")
    parser.add_argument(
        "--scale", type=_scale, default=1.0, metavar="2", help="pixels of the picture per pixel of the chart"
    )
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--out", type=Path, required=True, metavar="F.png")


def run(args: argparse.Namespace) -> int:
    """Ask the engine and draw the answer."""
    if args.out.suffix.lower() != ".png":
        raise UsageError(f"{args.out.name} must end in .png.")
    width, height = (round(side * args.scale) for side in args.size)
    if max(width, height) > _LARGEST:
        raise UsageError(f"A picture of {width}x{height} pixels is too large; stay within {_LARGEST}.")
    use_display()
    from heatdesk import app
    from heatdesk.gui.picture import write_picture
    from heatdesk.gui.view import View

    snapshot = app.stored_history().ask(question_from(args))
    image = app.render(snapshot, View(side=args.side, theme=args.theme), args.size, args.scale)
    write_picture(image, args.out)
    print(f"{args.out}: {width}×{height} pixels")
    for note in snapshot.notes:
        print(note)
    return 0


def _size(text: str) -> tuple[int, int]:
    found = _SIZE.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write 2560x1440")
    width, height = int(found[1]), int(found[2])
    if not (_SMALLEST <= width <= _LARGEST and _SMALLEST <= height <= _LARGEST):
        raise argparse.ArgumentTypeError(
            f"{text!r} is out of range; both sides from {_SMALLEST} to {_LARGEST}"
        )
    return width, height


def _scale(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0.5 <= scale <= 8.0:
        raise argparse.ArgumentTypeError(f"{text!r} is no scale; write a number from 0.5 to 8")
    return scale
