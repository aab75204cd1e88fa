"""What `autoscaler.simulate` gives: numbers as frames, plots, a report, and itself as a table."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autoscaler.config.version import version
from autoscaler.simulator.notebook import frames
from autoscaler.simulator.report.page import render_report
from autoscaler.simulator.result import Result
from autoscaler.simulator.summary import comparison, headings, note
from autoscaler.simulator.trials import Trials
from autoscaler.simulator.verdict import sentences

if TYPE_CHECKING:
    import os

    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True, repr=False)
class Results:
    """Policies under seeds. ``trials`` holds everything as plain values; the rest is made of it when asked for.

    Shown in a notebook, it is a table that compares the policies, and a verdict. ``command`` is the call that made it.
    """

    trials: Trials
    command: str

    def to_pandas(self) -> pd.DataFrame:
        """Give the scores, one row a policy and seed: the columns of `autoscaler simulate -o csv`."""
        return frames.scores(self.trials)

    def estimates(self) -> pd.DataFrame:
        """Give means over seeds by policy and measure, with 95 % intervals (``low``, ``high``; NaN from one seed).

        ``difference_mean``, ``difference_low`` and ``difference_high``: how much more than the first policy, paired by seed.
        """
        return frames.estimates(self.trials)

    def series(self) -> pd.DataFrame:
        """Give the runs over time, one row a policy, seed and point of time, which is ``t_s`` seconds into the run.

        ``demand_rps``, ``capacity_rps`` (what ready pods can serve) and ``failed_rps`` are requests per second, ``waiting``
        requests in the queue, latencies seconds, ``wanted``, ``created`` and ``ready`` pods. A run has at most 1,500 points.
        """
        return frames.series(self.trials)

    def actions(self) -> pd.DataFrame:
        """Give every change of the scale, one row each: when [s], from how many pods to how many, and why."""
        return frames.actions(self.trials)

    def verdict(self) -> str:
        """Say in a few sentences how the policies fared."""
        return " ".join(sentences(self.trials.samples()))

    def plot(self, policy: str | None = None, seed: int | None = None) -> Figure:
        """Draw one run as the report does; by default the first policy's under the first seed.

        Raises:
            KeyError: there is no such run.
        """
        from autoscaler.simulator.notebook.figure import draw

        return draw(self.result(policy, seed))

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write the report, one HTML file that opens offline, and give its path."""
        target = Path(path)
        target.write_text(render_report(self.trials, command=self.command, version=version()), encoding="utf-8")
        return target

    def result(self, policy: str | None = None, seed: int | None = None) -> Result:
        """Give one run; by default the first policy's under the first seed.

        Raises:
            KeyError: there is no such run.
        """
        for each in self.trials.policies:
            for result in each.results:
                if policy in (None, each.policy) and seed in (None, result.inputs.scenario.seed):
                    return result
        known = ", ".join(each.policy for each in self.trials.policies)
        raise KeyError(f"no run of policy {policy!r} under seed {seed!r}; there are {known} under {self.trials.seeds}")

    def __repr__(self) -> str:
        return f"<Results of {self.trials.inputs.scenario.name}: {self.verdict()}>"

    def _repr_html_(self) -> str:
        """Show the comparison and the verdict in a notebook."""
        samples = self.trials.samples()
        head = "".join(f"<th>{html.escape(name)}</th>" for name in ["", *headings(samples)])
        rows = "".join(
            f"<tr><th>{html.escape(label)}</th>{''.join(f'<td>{html.escape(text)}</td>' for text in texts)}</tr>"
            for label, texts in comparison(samples, self.trials.inputs.scenario.slo.latency)
        )
        intervals = note(samples)
        foot = f"<p>{intervals}</p>" if intervals else ""
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return f"<p><b>{html.escape(self.verdict())}</b></p>{table}{foot}"
