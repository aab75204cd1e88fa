"""Identities: no tolerance, whatever is compared must be the same to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from tests.validity import peers, stories
from tests.validity.check import Check, Finding, Kind, exactly
from tests.validity.events import Fate, Judge, Requests, Rule, What
from tests.validity.queues import Floats, carry_out, record_of, replay, starts_of
from tests.validity.stories import Story

_MEAN: Final = 0.099  #: mean service time [s]

Peer = Callable[[int, Floats, Floats], Floats]


def same_waits(peer: Peer, servers: int, use: float, requests: int, quick_requests: int, quick: bool) -> Finding:
    """Give the same gaps and service times to the simulator and to a ``peer``, and compare the waiting times."""
    count = quick_requests if quick else requests
    rng = np.random.default_rng(servers)
    gaps = rng.exponential(_MEAN / (use * servers), count)
    services = rng.exponential(_MEAN, count)
    arrivals = np.cumsum(gaps)
    ours = starts_of(servers, arrivals, services) - arrivals
    theirs = peer(servers, gaps, services) - arrivals
    waited = int((ours > 0.0).sum())
    return exactly(int((ours == theirs).sum()), count, f"waiting times ({waited:,} above 0)")


def by_heap(servers: int, gaps: Floats, services: Floats) -> Floats:
    """Give the starts by Kiefer and Wolfowitz's recursion."""
    return peers.by_heap(servers, np.cumsum(gaps), services)


def by_simpy(servers: int, gaps: Floats, services: Floats) -> Floats:
    """Give the starts that SimPy gives."""
    return peers.by_simpy(servers, np.cumsum(gaps), services)


def same_story(rule: Rule, quick: bool) -> Finding:
    """Let pods join, leave, die and slow down at random, overload included; compare every request with the judge."""
    seen = agreed = kills = 0
    for seed in range(3 if quick else 24):
        story = stories.story(rule, seed, 20.0 if quick else 240.0)
        ours, theirs = _told_twice(story)
        seen += len(ours)
        agreed += int(np.all(ours == theirs, axis=1).sum())
        kills += sum(change.what is What.KILL for change in story.changes)
    return exactly(agreed, seen, f"requests: start, end, pod and fate ({kills} kills)")


def _told_twice(story: Story) -> tuple[Floats, Floats]:
    """Give start, end, pod and fate of each request, shape ``(n, 4)``, by the simulator and by the judge; -1: none."""
    engine = replay(story.rules, story.arrivals, story.services, story.chances)
    seed = int(engine.state.seed[0])
    carry_out(engine, story.changes)
    engine.advance(story.until)
    told = np.nan_to_num(np.stack(record_of(engine)[1:], axis=1), nan=-1.0)
    requests = Requests(story.arrivals.tolist(), story.services.tolist(), story.chances.tolist())
    judge = Judge(story.rules, requests, seed)
    judge.run(story.changes, story.until)
    verdict = np.nan_to_num(np.array([judge.starts, judge.ends, judge.pods, judge.fates], np.float64).T, nan=-1.0)
    told[verdict[:, 0] < 0.0, 0] = -1.0  # of a request that never started the simulator's column has no meaning
    told[:, 3] = [stories.FATES[fate] if fate >= 0 else Fate.TO_COME for fate in told[:, 3].astype(np.int64).tolist()]
    return told, verdict


def _peer_checks() -> list[Check]:
    """Give a row for each peer and size. Where there is always room nobody waits, so the large one is overloaded."""
    rows = []
    for name, title, peer, requests, quick in (
        ("heap", "textbook recursion", by_heap, 100_000, 100_000),
        ("simpy", "SimPy", by_simpy, 100_000, 20_000),
        ("ciw", "Ciw", peers.by_ciw, 20_000, 5_000),
    ):
        for servers, use in ((10, 0.9), (1_100, 1.05)):
            run = partial(same_waits, peer, servers, use, requests, quick)
            what = f"the same requests in {title}, {servers:,} slots at use {use}: waiting times"
            rows.append(Check(f"same-waits-{name}-{servers}", Kind.IDENTITY, what, "bitwise equal", run))
    return rows


def _story_checks() -> list[Check]:
    """Give a row for each balancing rule."""
    return [
        Check(
            f"same-story-{rule.value}",
            Kind.IDENTITY,
            f"{rule.value.replace('_', ' ')}: pods that join, warm up, leave, die and slow down at random, overload, full queues, "
            "time-outs and clients that try again, against the event simulator",
            "bitwise equal",
            partial(same_story, rule),
        )
        for rule in Rule
    ]


CHECKS: Final = (*_peer_checks(), *_story_checks())
