"""What the loopback exchanges list: coins with their prices and activity, and instruments with their steps."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property


def seed_of(*parts: object) -> int:
    """The same 63 bits for the same words, on every machine."""
    digest = hashlib.blake2b("|".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


@dataclass(frozen=True, slots=True)
class Coin:
    """`price` is USD at rest, `trades` per minute on a large exchange, `daily_usd` that exchange's turnover."""

    name: str
    price: float
    tick: str
    lot: str  # of the quantity in coins
    trades: int
    daily_usd: float


COINS = (
    Coin("BTC", 65_000.0, "0.1", "0.001", 30, 12e9),
    Coin("ETH", 2_100.0, "0.01", "0.001", 20, 9e9),
    Coin("SOL", 88.0, "0.01", "0.1", 12, 2e9),
    Coin("XRP", 1.45, "0.0001", "1", 12, 9e8),
    Coin("DOGE", 0.105, "0.00001", "1", 12, 5e8),
    Coin("AVAX", 9.4, "0.001", "0.1", 12, 1e8),
)


def coins(count: int = len(COINS)) -> tuple[Coin, ...]:
    """The real names first, then made-up ones, until there are `count`."""
    made_up = []
    for i in range(count - len(COINS)):
        price = round(10 ** (-3 + 5 * (seed_of("coin", i) % 1000) / 1000), 4)
        decimals = max(0, 4 - math.floor(math.log10(price)) - 1)
        lot = "0.1" if price > 1 else "1"
        made_up.append(Coin(f"Q{i:04d}X", price, f"{10.0**-decimals:.{decimals}f}", lot, 4, 2e6))
    return (*COINS[:count], *made_up)


@dataclass(frozen=True)
class Listing:
    """One instrument of one exchange.

    Prices count in ticks and quantities in lots everywhere in the market: whole numbers, so that sums are exact.
    `lot` is in what the exchange writes (coins, or contracts of `contract_size` coins each).
    """

    exchange: str
    wire: str
    coin: Coin
    quote: str
    kind: str  # linear, spot, inverse
    tick: Decimal
    lot: Decimal
    contract_size: Decimal = Decimal(1)
    trades: int = 12  # per minute
    share: float = 1.0  # of the coin's turnover
    status: str = "trading"
    words: dict[str, object] = field(
        default_factory=dict, compare=False
    )  # whatever else its exchange says of it

    @cached_property
    def key(self) -> tuple[str, str, str]:
        """What it is told apart by: spot and perpetual may have one name."""
        return (self.exchange, self.kind, self.wire)

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def base(self) -> str:
        return self.coin.name

    @property
    def symbol(self) -> str:
        """The unified name."""
        if self.kind == "spot":
            return f"{self.base}/{self.quote}"
        settle = self.base if self.kind == "inverse" else self.quote
        return f"{self.base}/{self.quote}:{settle}"

    @cached_property
    def coins_per_lot(self) -> Decimal:
        return self.lot * self.contract_size

    @property
    def told_contract_size(self) -> Decimal:
        """What its exchange says a contract is: the truth, unless a fault lies."""
        told = self.words.get("told_contract_size")
        return told if isinstance(told, Decimal) else self.contract_size

    @cached_property
    def _price_format(self) -> str:
        return f"%.{max(0, -self.tick.normalize().as_tuple().exponent)}f"

    @cached_property
    def _quantity_format(self) -> str:
        return f"%.{max(0, -self.lot.normalize().as_tuple().exponent)}f"

    @cached_property
    def steps(self) -> tuple[float, float]:
        """Tick and lot as floats."""
        return float(self.tick), float(self.lot)

    def price(self, ticks: float) -> str:
        """A price as exchanges write it."""
        return self._price_format % (ticks * self.steps[0])

    def quantity(self, lots: float) -> str:
        """A quantity as this exchange writes it: coins or contracts."""
        return self._quantity_format % (lots * self.steps[1])

    def coins(self, lots: float) -> float:
        """Coins in so many lots."""
        return float(lots * self.coins_per_lot) if isinstance(lots, int) else lots * float(self.coins_per_lot)

    def with_status(self, status: str) -> Listing:
        return replace(self, status=status)


def listing(
    exchange: str,
    wire: str,
    coin: Coin,
    *,
    quote: str = "USDT",
    kind: str = "linear",
    share: float = 1.0,
    contract_size: str = "1",
    lot: str | None = None,
    **words: object,
) -> Listing:
    """An instrument with the coin's steps; `lot` in contracts where there are contracts."""
    return Listing(
        exchange,
        wire,
        coin,
        quote,
        kind,
        Decimal(coin.tick),
        Decimal(lot or coin.lot),
        Decimal(contract_size),
        max(3, round(coin.trades * min(1.0, share * 2))),
        share,
        words=words,
    )
