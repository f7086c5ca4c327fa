"""heatdesk: where leveraged positions would be force-closed, as an estimate over time and price."""

__version__ = "0.1.0"
