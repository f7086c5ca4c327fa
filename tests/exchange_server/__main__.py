"""Start the loopback exchanges for a person: prints what points heatdesk at them, and runs until interrupted."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from pathlib import Path

from heatdesk.feed.clock import FastClock, SystemClock
from tests.exchange_server.faults import KINDS
from tests.exchange_server.flood import Flood
from tests.exchange_server.listings import coins
from tests.exchange_server.protocols import PROTOCOLS
from tests.exchange_server.replay import Replay
from tests.exchange_server.schedule import Planned, Schedule
from tests.exchange_server.server import ExchangeServer


def _parser() -> argparse.ArgumentParser:
    names = "\n".join(f"  {name:14} {row:4} {text}" for name, (row, text) in KINDS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.exchange_server",
        description=__doc__,
        epilog=f"Faults:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument(
        "--ca", type=Path, default=Path("exchange-ca.pem"), help="where to write the authority"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--exchanges", default="", help="comma-separated; all by default")
    parser.add_argument(
        "--instruments", type=int, default=6, help="coins on every exchange (1500 to test loading)"
    )
    parser.add_argument("--speed", type=float, default=1.0, help="market seconds in a second")
    parser.add_argument(
        "--rate", type=float, default=0.0, help="more trades, so many messages a second in all"
    )
    parser.add_argument("--rate-exchange", default="binance", help="where those are traded")
    parser.add_argument(
        "--rate-coins", default="", help="comma-separated; of these coins (all of the real ones)"
    )
    parser.add_argument("--cascade-after", type=float, action="append", default=[], metavar="S")
    parser.add_argument(
        "--outage", action="append", default=[], metavar="EXCHANGE@S+S", help="from when, how long"
    )
    parser.add_argument(
        "--faults",
        action="append",
        default=[],
        metavar="SEED|NAME:EXCHANGE@S+S",
        help="a schedule, or single ones",
    )
    parser.add_argument("--minutes", type=float, default=30.0, help="how long a schedule of faults is")
    parser.add_argument(
        "--replay", type=Path, help="a folder of recorded frames to play in place of the market"
    )
    return parser


def _planned(options: argparse.Namespace, exchanges: list[str]) -> list[Planned]:
    """What is to go wrong, in order; raises SystemExit for what cannot be read."""
    planned = []
    try:
        for text in [f"outage:{text}" for text in options.outage] + options.faults:
            if text.isdigit():
                planned += Schedule(int(text), exchanges, options.minutes * 60).planned
                continue
            name, _, rest = text.partition(":")
            exchange, _, times = rest.partition("@")
            at, _, seconds = times.partition("+")
            if name not in KINDS or exchange not in exchanges:
                raise ValueError
            planned.append(Planned(float(at), exchange, name, float(seconds or 0)))
    except ValueError:
        raise SystemExit(f"cannot read {text!r}: say NAME:EXCHANGE@SECOND+SECONDS") from None
    return sorted(planned)


async def _play(server: ExchangeServer, options: argparse.Namespace, planned: list[Planned]) -> None:
    """Do what was planned, each at its time."""
    began = server.clock.steady()
    events = [(p.at_s, p) for p in planned] + [(at, None) for at in options.cascade_after]
    for at, fault in sorted(events, key=lambda event: event[0]):
        await server.clock.sleep(max(0.0, at - (server.clock.steady() - began)))
        if fault is None:
            everywhere = [item for p in server.protocols.values() for item in p.listings.values()]
            server.market.cascade("BTC", everywhere)
            print(f"{at:g} s: a cascade in BTC", flush=True)
        else:
            server.faults.play(fault.name, fault.exchange, fault.seconds)
            print(f"{fault.at_s:g} s: {fault.name} at {fault.exchange} for {fault.seconds:g} s", flush=True)


async def _run(options: argparse.Namespace) -> None:
    exchanges = [p.name for p in PROTOCOLS if not options.exchanges or p.name in options.exchanges.split(",")]
    planned = _planned(options, exchanges)
    clock = SystemClock() if options.speed == 1.0 else FastClock(options.speed, SystemClock().now_ms())
    server = ExchangeServer(clock, options.seed, coins(options.instruments), exchanges)
    flood = None
    if options.rate:
        wanted = options.rate_coins.split(",") if options.rate_coins else None
        flood = Flood(server, options.rate_exchange, options.rate, wanted)
    replay = Replay(server, options.replay) if options.replay else None
    await server.start(options.port)
    try:
        server.certificates.write_authority(options.ca)
        print(f"HEATDESK_EXCHANGE_SERVER=127.0.0.1:{server.port}")
        print(f"HEATDESK_EXCHANGE_CA={options.ca.resolve()}", flush=True)
        tasks = [_play(server, options, planned)]
        tasks += [part.run() for part in (flood, replay) if part is not None]
        await asyncio.gather(*tasks)
        await asyncio.Event().wait()
    finally:
        await server.stop()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(_parser().parse_args()))
    sys.exit(0)
