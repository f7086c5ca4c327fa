"""The same stored market as the window's tests have."""

from tests.gui.window.conftest import engine, history, plain_font, snapshot

__all__ = ["engine", "history", "plain_font", "snapshot"]
