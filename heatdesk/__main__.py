"""The two ways in: `heatdesk` on a command line, `heatdesk-window` from a desktop menu."""

from __future__ import annotations

import sys

from heatdesk import cli


def main() -> int:
    """Run the command line; returns the exit code."""
    return cli.main(sys.argv[1:])


def window() -> int:
    """Open the window, as `heatdesk run` does."""
    return cli.main(["run", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
