"""`autoscaler trace`: past traffic from Prometheus as a trace file that `simulate` replays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    prometheus: Annotated[str, typer.Option("--prometheus", metavar="URL", help="Base address of the server.")],
    query: Annotated[
        str,
        typer.Option(metavar="PROMQL", help="Requests per second, as one series: sum(rate(http_requests_total[1m]))."),
    ],
    since: Annotated[str, typer.Option(metavar="DURATION", help="How far back to begin.")] = "7d",
    step: Annotated[str, typer.Option(metavar="DURATION", help="Length of one row of the trace.")] = "1m",
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Where to write; else stdout.")
    ] = None,
) -> None:
    """Save past traffic from Prometheus as a trace (timestamp,rps) that `autoscaler simulate --trace` replays."""
    from datetime import UTC, datetime, timedelta

    from autoscaler.adapters.prometheus.history import HistoryQuery, fetch_history
    from autoscaler.cli.errors import duration_option
    from autoscaler.model.time import as_seconds

    length = timedelta(seconds=as_seconds(duration_option("--step", step)))
    now = datetime.now(UTC)  # noqa: TID251 - "the last 7 days" is a question to the clock
    # The range ends with the last whole step: the rate over a step still running would be too low.
    end = datetime.fromtimestamp(now.timestamp() // length.total_seconds() * length.total_seconds(), tz=UTC)
    start = end - timedelta(seconds=as_seconds(duration_option("--since", since)))
    samples = fetch_history(prometheus, HistoryQuery(promql=query, start=start, end=end, step=length))

    text = "timestamp,rps\n" + "".join(f"{when:.0f},{rps:.6g}\n" for when, rps in samples)
    if output is None:
        typer.echo(text, nl=False)
        return
    output.write_text(text)
    absent = round((end - start) / length) - len(samples)
    note = f"; {absent} steps have no sample and are left out" if absent else ""
    typer.echo(f"{len(samples)} rows of {step} written to {output}{note}", err=True)
