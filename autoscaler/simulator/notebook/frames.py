"""Results as pandas frames. Names of columns end in their unit, where they have one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from autoscaler.simulator.intervals import Estimate
from autoscaler.simulator.measures import MEASURES
from autoscaler.simulator.records import score_rows
from autoscaler.simulator.result import Result

if TYPE_CHECKING:
    import pandas as pd

    from autoscaler.simulator.sample import Sample
    from autoscaler.simulator.trials import Trials


def scores(trials: Trials) -> pd.DataFrame:
    """Give one row a policy and seed."""
    import pandas as pd

    return pd.DataFrame(score_rows(trials))


def estimates(trials: Trials) -> pd.DataFrame:
    """Give one row a policy and measure: mean over seeds, interval, and the same of the difference from the first policy."""
    import pandas as pd

    samples = trials.samples()
    rows = [_estimate(sample, samples[0], m.key) for sample in samples for m in MEASURES if sample.values(m.key)]
    return pd.DataFrame(rows).set_index(["policy", "measure"]) if rows else pd.DataFrame()


def series(trials: Trials) -> pd.DataFrame:
    """Give runs over time, one row a policy, seed and point: see ``Results.series``."""
    import pandas as pd

    frames = [pd.DataFrame(_columns(result)) for result in _results(trials)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def actions(trials: Trials) -> pd.DataFrame:
    """Give every change of the scale: see ``Results.actions``."""
    import pandas as pd

    rows = [
        {
            "policy": result.policy,
            "seed": result.inputs.scenario.seed,
            "t_s": action.t,
            "before": action.before,
            "after": action.after,
            "reason": str(action.reason),
            "why": action.sentence,
        }
        for result in _results(trials)
        for action in result.actions
    ]
    return pd.DataFrame(rows, columns=["policy", "seed", "t_s", "before", "after", "reason", "why"])


def _results(trials: Trials) -> Iterable[Result]:
    return (result for each in trials.policies for result in each.results)


def _estimate(sample: Sample, baseline: Sample, key: str) -> dict[str, object]:
    return {
        "policy": sample.policy,
        "measure": key,
        **_ends("", sample.estimate(key)),
        **_ends("difference_", sample.difference(key, baseline)),
    }


def _ends(prefix: str, value: Estimate) -> dict[str, float]:
    known = value.half_width is not None
    return {
        f"{prefix}mean": value.mean,
        f"{prefix}low": value.low if known else np.nan,
        f"{prefix}high": value.high if known else np.nan,
    }


def _columns(result: Result) -> dict[str, object]:
    found, steps = result.series, result.replicas
    step = np.clip(np.searchsorted(steps.t, found.t + found.width / 2, side="right") - 1, 0, len(steps.t) - 1)
    return {
        "policy": result.policy,
        "seed": result.inputs.scenario.seed,
        "t_s": found.t,
        "demand_rps": found.demand,
        "capacity_rps": found.capacity,
        "failed_rps": found.failed,
        "waiting": found.waiting,
        "latency_p50_s": found.latency[0],
        "latency_p95_s": found.latency[1],
        "latency_p99_s": found.latency[2],
        "wanted": steps.wanted[step],
        "created": steps.created[step],
        "ready": steps.ready[step],
    }
