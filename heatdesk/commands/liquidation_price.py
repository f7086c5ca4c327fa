"""`heatdesk liquidation-price`: one liquidation price by an exchange's formula, from JSON on standard input."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, Final

from heatdesk.errors import BadInputError, UsageError
from heatdesk.model import liquidation_price

_EXAMPLE: Final = '{"formula": "lin", "inputs": {"E": 50000, "m": 500, "q": 0.02, "mmr": 0.004, "side": 1}}'
_MOST_BYTES: Final = 1 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    formulas = "\n".join(f"  {name}: {', '.join(f.inputs)}" for name, f in liquidation_price.FORMULAS.items())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    example = f"  echo '{_EXAMPLE}' \\\n    | heatdesk liquidation-price"
    parser.epilog = f"Formulas and their inputs:\n{formulas}\n\nExample:\n{example}"
    parser.add_argument("--json", action="store_true", help='print {"price": x}, null if no price liquidates')


def run(args: argparse.Namespace) -> int:
    """Read one case from standard input and print its liquidation price."""
    if sys.stdin.isatty():
        raise UsageError(f"Give one case as JSON on standard input, for example {_EXAMPLE}.")
    formula, inputs = _case(sys.stdin.buffer.read(_MOST_BYTES + 1))
    price = liquidation_price.price(formula, inputs)
    if args.json:
        print(json.dumps({"price": price}))
    elif price is None:
        print("No price liquidates this position.")
    else:
        print(f"Liquidated at a mark price of {price:,.8g}.")
    return 0


def _case(text: bytes) -> tuple[str, dict[str, Any]]:
    if len(text) > _MOST_BYTES:
        raise BadInputError("Standard input holds more than 1 MiB; give one case as JSON.")
    try:
        case = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise BadInputError(
            f"Standard input is not JSON ({str(problem) or 'unreadable'}); give one case such as {_EXAMPLE}."
        ) from problem
    if not (
        isinstance(case, dict)
        and isinstance(case.get("formula"), str)
        and isinstance(case.get("inputs"), dict)
    ):
        raise BadInputError(
            f'Standard input must be an object with "formula" and "inputs", for example {_EXAMPLE}.'
        )
    return case["formula"], case["inputs"]
