"""The commands of `heatdesk`, one file each: `add_arguments(parser)` and `run(args) -> int`."""
