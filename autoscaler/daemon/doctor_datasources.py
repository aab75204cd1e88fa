"""What keeps datasources from answering policies: names, addresses, credentials, and queries that find nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from autoscaler.adapters.prometheus.answers import QueryError
from autoscaler.adapters.prometheus.datasources import Datasource, unknown_datasource
from autoscaler.config.datasources import UsageSource
from autoscaler.config.promql import PromqlError, Selector, selectors_of
from autoscaler.config.settings import Settings
from autoscaler.config.suggestions import did_you_mean
from autoscaler.daemon.doctor import Diagnosis, error
from autoscaler.model.policy import PrometheusMetric, ScalingPolicy

#: Part of an error, and what mends it; the first that fits.
_FIXES: Final = (
    ("credentials", "mend bearer_token_file, or username and password_file, of the datasource"),
    ("redirects", "write the final address in the datasource's url"),
    ("without /api/v1", "mend the datasource's url"),
    ("certificate", "give ca_file, the certificates that the server's own is signed by"),
    ("stands for", "name the server itself; any_address allows such an address"),
    ("within", "look at the server's load, or raise the datasource's deadline"),
)
_OTHERWISE: Final = "mend the datasource's url; is the server up, and does a NetworkPolicy let this program reach it?"


async def examine_datasources(
    sources: Mapping[str, Datasource], settings: Settings, policies: Sequence[ScalingPolicy]
) -> list[Diagnosis]:
    """Ask every datasource something that always has an answer, then look for the series that policies ask for."""
    found = list(_unknown(sources, settings, policies))
    for name, source in sources.items():
        url = settings.datasources[name].url
        try:
            await source.ask("vector(1)")
        except QueryError as failure:
            found.append(error(f"datasource {name}", f"{url}: {failure}", _fix(str(failure))))
            continue
        found.append(Diagnosis(check=f"datasource {name}", what=f"{url} answers"))
        for policy in policies:
            for metric in policy.metrics:
                if isinstance(metric, PrometheusMetric) and metric.datasource == name:
                    found += await _examine_metric(source, metric, f"policy {policy.key}")
    return found


def _unknown(
    sources: Mapping[str, Datasource], settings: Settings, policies: Sequence[ScalingPolicy]
) -> Iterator[Diagnosis]:
    usage = settings.resource_metrics
    if usage.source is UsageSource.PROMETHEUS and usage.datasource not in sources:
        what = f"resource_metrics: {unknown_datasource(usage.datasource, sources)}"
        yield error("settings", what, _define(usage.datasource, sources))
    for policy in policies:
        for metric in policy.metrics:
            if isinstance(metric, PrometheusMetric) and metric.datasource not in sources:
                what = f"{metric.name}: {unknown_datasource(metric.datasource, sources)}"
                yield error(f"policy {policy.key}", what, _define(metric.datasource, sources))


def _define(name: str, sources: Mapping[str, Datasource]) -> str:
    return did_you_mean(name, sources) if sources else f"define datasources.{name}.url in the settings"


async def _examine_metric(source: Datasource, metric: PrometheusMetric, check: str) -> list[Diagnosis]:
    """Look for each series that the query selects: an empty answer does not say which one is not there."""
    try:
        return [
            await _missing(source, metric, selector, check)
            for selector in selectors_of(metric.query)
            if not (await source.ask(f"count({selector.text})")).answer.series
        ]
    except (PromqlError, QueryError):
        return []  # the policy's own pass, which follows, tells what the server says of the query


async def _missing(source: Datasource, metric: PrometheusMetric, selector: Selector, check: str) -> Diagnosis:
    if selector.name and (await source.ask(f"count({selector.name})")).answer.series:
        what = f"{metric.name}: there is {selector.name}, but no series of it matches {selector.text}"
        return error(
            check, what, "mend the labels in the query; `count by (...)` of the bare name shows which there are"
        )
    what = f"{metric.name}: no series matches {selector.text}"
    names = await source.metric_names() if selector.name else ()
    hint = did_you_mean(selector.name, names) if names else ""
    return error(check, what, hint or "mend the query; is the exporter scraped at all?")


def _fix(text: str) -> str:
    return next((fix for part, fix in _FIXES if part in text), _OTHERWISE)
