"""`heatdesk run`: the window; without a display, a picture of it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from heatdesk.commands.display import use_display
from heatdesk.errors import NotEnoughDataError
from heatdesk.machine.one_window import first_window

_PICTURE: Final = Path("heatdesk.png")
_SIZE: Final = (1920, 1080)
_THEME: Final = "dark"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the window shows first."""
    parser.add_argument("--symbol", metavar="S", help="as BTC/USDT:USDT (default: the one looked at last)")
    parser.add_argument(
        "--exchange", nargs="+", default=(), metavar="X", help="one or more; their maps add up"
    )
    parser.add_argument("--offline", action="store_true", help="dial no exchange; show what is stored")
    parser.add_argument("--theme", choices=("dark", "light"), help="instead of the one in the settings")


def run(args: argparse.Namespace) -> int:
    """Open the window, bring the one that is open to the front, or write `heatdesk.png` where there is no display."""
    if not use_display():
        return _picture_instead(args)
    place = first_window(args.symbol)
    if place is None:
        print("heatdesk is open already; its window is in front now.")
        return 0
    try:
        from heatdesk import app

        return app.run(args.symbol, tuple(args.exchange), args.theme, args.offline, place)
    finally:
        place.stop()


def _picture_instead(args: argparse.Namespace) -> int:
    from heatdesk import app
    from heatdesk.gui.choices import first_question
    from heatdesk.gui.picture import write_picture
    from heatdesk.gui.view import View

    engine = app.stored_history()
    question = first_question(engine.catalogue(), args.symbol, tuple(args.exchange))
    if question is None:
        raise NotEnoughDataError(
            "There is no display here and no history to draw instead; import some first: "
            "heatdesk import FILE --exchange binance --symbol BTC/USDT:USDT --timeframe 5m."
        )
    image = app.render(engine.ask(question), View(theme=args.theme or _THEME), _SIZE)
    write_picture(image, _PICTURE)
    print(f"There is no display here, so {_PICTURE} shows {question.symbol} instead of a window.")
    return 0
