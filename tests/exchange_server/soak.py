"""Many seeds: the real feed against exchanges that fail, its record compared with what really happened.

``python -m tests.exchange_server.soak --seeds 1000 --json FILE`` prints the totals and ends with 1 where anything was
lost, doubled, invented, or left unexplained.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

from tests.exchange_server.protocols import PROTOCOLS
from tests.exchange_server.schedule import SURVIVABLE
from tests.exchange_server.tls import Certificates
from tests.exchange_server.trial import Outcome, Terms, play
from tests.exchange_server.verdict import Verdict

_BATCH = 4
_ROUND = 120
# What must be 0 over all seeds.
MUST_BE_ZERO = (
    "lost", "duplicated", "invented", "wrong_price", "wrong_volume", "wrong_taker", "unlabelled", "open_holes",
    "liquidations_missing", "liquidations_twice", "liquidations_unexplained",
)  # fmt: skip


def certificates() -> Certificates:
    """One throw-away authority for all exchanges."""
    return Certificates([host for protocol in PROTOCOLS for host in protocol.hosts])


def totals(outcomes: Sequence[Outcome]) -> tuple[Verdict, Counter[str]]:
    """The sum of all verdicts, and how often each fault was played."""
    verdict, faults = Verdict(), Counter[str]()
    for outcome in outcomes:
        verdict.add(outcome.verdict)
        faults.update(planned.name for planned in outcome.planned)
    return verdict, faults


def misses(verdict: Verdict) -> dict[str, int]:
    """What should be 0 and is not."""
    found = {name: getattr(verdict, name) for name in MUST_BE_ZERO if getattr(verdict, name)}
    if verdict.bursts_whole != verdict.bursts:
        found["bursts that were not whole"] = verdict.bursts - verdict.bursts_whole
    return found


def _batch(seeds: Sequence[int], terms: Terms) -> list[Outcome]:
    """Some seeds in a process of their own."""
    shown = certificates()
    return [play(seed, shown, terms) for seed in seeds]


def _outcomes(seeds: Sequence[int], terms: Terms, processes: int) -> Iterator[Outcome]:
    """As they come; each round has processes of its own, so that none of them grows old.

    Not by `max_tasks_per_child`: once every process of a pool has done its last task none is started again, and all
    wait for ever (CPython issue 115634).
    """
    context = multiprocessing.get_context("spawn")
    for first in range(0, len(seeds), _ROUND):
        of_round = seeds[first : first + _ROUND]
        batches = [of_round[i : i + _BATCH] for i in range(0, len(of_round), _BATCH)]
        with ProcessPoolExecutor(processes, mp_context=context) as pool:
            for done in as_completed([pool.submit(_batch, batch, terms) for batch in batches]):
                yield from done.result()


def _told(outcome: Outcome) -> str:
    bad = misses(outcome.verdict)
    what = ", ".join(f"{name} {count}" for name, count in bad.items()) or "nothing lost"
    return f"seed {outcome.seed}: {what} ({outcome.seconds:.0f} s)"


def _report(outcomes: Sequence[Outcome], began: float) -> dict[str, object]:
    verdict, faults = totals(outcomes)
    told = {key: value for key, value in asdict(verdict).items() if key != "faults"}
    violations: Counter[str] = Counter()
    for outcome in outcomes:
        for name, count in outcome.violations.items():
            violations.update({f"{name}: {rule}": times for rule, times in count.items()})
    return {
        "seeds": len(outcomes),
        "seconds": round(time.monotonic() - began, 1),
        "faults": dict(faults.most_common()),
        **told,
        "limits_broken": dict(violations),
        "requests_while_banned": sum(outcome.while_banned for outcome in outcomes),
        "misses": misses(verdict),
        "bad_seeds": {
            str(o.seed): {"misses": misses(o.verdict), "why": o.verdict.faults, "planned": o.planned}
            for o in outcomes
            if misses(o.verdict) or o.verdict.faults
        },
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the seeds; returns the exit code."""
    usual = Terms()
    parser = argparse.ArgumentParser(prog="python -m tests.exchange_server.soak", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where to write the totals")
    parser.add_argument(
        "--minutes", type=float, default=usual.minutes, help="market minutes with faults, per seed"
    )
    parser.add_argument("--faults", type=int, default=usual.faults, help="how many in each seed")
    parser.add_argument("--names", default="", help=f"only these faults: {','.join(SURVIVABLE)}")
    parser.add_argument("--exchanges", default=",".join(usual.exchanges))
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    terms = Terms(
        options.minutes, usual.mending, options.faults, tuple(options.exchanges.split(",")),
        tuple(name for name in options.names.split(",") if name),
    )  # fmt: skip
    began, outcomes = time.monotonic(), []
    seeds = range(options.first, options.first + options.seeds)
    for outcome in _outcomes(seeds, terms, options.processes):
        outcomes.append(outcome)
        print(f"{len(outcomes)}/{options.seeds} {_told(outcome)}", flush=True)
    report = _report(outcomes, began)
    if options.json is not None:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({key: value for key, value in report.items() if key != "bad_seeds"}, indent=1))
    return 1 if report["misses"] else 0


if __name__ == "__main__":
    sys.exit(main())
