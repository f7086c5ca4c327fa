"""What the user has chosen: declared once, kept as TOML that people may edit."""

from heatdesk.settings.declarations import Settings, groups
from heatdesk.settings.file import Loaded, load, save

__all__ = ["Loaded", "Settings", "groups", "load", "save"]
