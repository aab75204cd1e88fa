"""Metrics of type Prometheus, which only a ScalingPolicy has: read beside those that an HPA may have too."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, PlainValidator, ValidationError, model_validator

from autoscaler.config.blocks import Block, OrOff
from autoscaler.config.documents import Document
from autoscaler.config.model_faults import faults_of
from autoscaler.config.promql import PromqlError, age_query, coverage_query
from autoscaler.config.units import UNIT
from autoscaler.model.errors import Fault
from autoscaler.model.json_types import JsonObject
from autoscaler.model.policy import Companions, Metric, MetricTarget, PrometheusMetric, WhenEmpty, WhenMultiple
from autoscaler.model.quantity import Quantity, QuantityError

TYPE: Final = "Prometheus"
_LONGEST_QUERY: Final = 4096


def _quantity(value: Any) -> Quantity:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{value!r} is not a quantity; write a number with an optional suffix: 100, 2.5k, 250m")
    try:
        return Quantity.from_json(value)
    except QuantityError as error:
        raise ValueError(
            f"{value!r} is not a quantity; write a number with an optional suffix: 100, 2.5k, 250m"
        ) from error


_Written = Annotated[str, Field(json_schema_extra={UNIT: "amount"})] | float
Amount = Annotated[Quantity, PlainValidator(_quantity, json_schema_input_type=_Written)]
Query = Annotated[str, Field(min_length=1, max_length=_LONGEST_QUERY)]


class TargetBlock(Block):
    """What the number is held at."""

    type: Literal["Value", "AverageValue"] = Field(
        description="AverageValue: the number divided by averageValue gives the replicas. Value: the replicas are "
        "multiplied by the ratio of the number to value."
    )
    value: Amount | None = Field(default=None, description="Of type Value: what the number itself is held at.")
    average_value: Amount | None = Field(
        default=None, description="Of type AverageValue: how much of it one pod takes."
    )

    @model_validator(mode="after")
    def _has_what_its_type_says(self) -> Self:
        given = {"value": self.value, "averageValue": self.average_value}
        wanted = self.type[:1].lower() + self.type[1:]
        other = next(name for name in given if name != wanted)
        amount = given[wanted]
        if amount is None:
            raise ValueError(f"type {self.type} needs {wanted}")
        if given[other] is not None:
            raise ValueError(f"type {self.type} has no {other}")
        if amount.milli() <= 0:
            raise ValueError(f"{wanted} must be positive, not {amount}")
        return self


class PrometheusBlock(Block):
    """A number that a PromQL query gives."""

    name: str = Field(
        pattern=r"^[a-zA-Z_][a-zA-Z0-9_.:-]{0,62}$", description="Its name in `why`, events, status and simulations."
    )
    query: Query = Field(description="PromQL of an instant query. It should give one series: aggregate with sum().")
    datasource: str = Field(
        default="main", min_length=1, max_length=63, description="Server that is asked, as the settings name it."
    )
    target: TargetBlock
    activation: Amount | None = Field(
        default=None,
        description="While the number is not above this, nothing is asked for, and minReplicas holds. Default: none.",
    )
    empty: WhenEmpty = Field(
        default=WhenEmpty.MISSING,
        description="What an answer without a series means. Missing: nothing shrinks. Zero: 0, if `alive` proves that the "
        "source lives.",
    )
    alive: Query | None = Field(
        default=None, description='For `empty: Zero`: PromQL whose series are all above 0, such as up{job="web"}.'
    )
    multiple: WhenMultiple = Field(
        default=WhenMultiple.ERROR,
        description="What several series mean: Error (nothing shrinks), their Sum, or the Max.",
    )
    age: Query | None = Field(
        default=None,
        description="PromQL for the age of the data in seconds. Default: from the selectors of the query, all of which "
        "have to have fresh samples.",
    )
    coverage: OrOff[Query] | Literal[""] = Field(
        default="",
        description="PromQL for the share of sources that answer, 0 to 1, for safety.minCoverage. Default: scrape targets "
        "of the query's series that are up.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.empty is WhenEmpty.ZERO and self.alive is None:
            raise ValueError(
                'empty: Zero needs `alive`, a query that proves that the source lives, such as up{job="web"}'
            )
        if self.alive is not None and self.empty is not WhenEmpty.ZERO:
            raise ValueError("alive means nothing without empty: Zero")
        goal = self.target.value or self.target.average_value
        if self.activation is not None and goal is not None and not 0 <= self.activation.milli() < goal.milli():
            raise ValueError(f"activation must be at least 0 and less than the target, {goal}")
        return self

    def metric(self) -> PrometheusMetric:
        """Give the model's value.

        Raises:
            PromqlError: the age of the data cannot be told from the query, and no query for it is given.
        """
        target = MetricTarget(type=self.target.type, value=self.target.value, average_value=self.target.average_value)
        return PrometheusMetric(
            name=self.name,
            query=self.query,
            target=target,
            companions=self._companions(),
            datasource=self.datasource,
            activation=self.activation,
            empty=self.empty,
            multiple=self.multiple,
        )

    def _companions(self) -> Companions:
        derive = self.age is None  # somebody who tells the age may well write what we cannot read
        coverage = "" if self.coverage is None else self.coverage
        return Companions(
            age=age_query(self.query) if self.age is None else self.age,
            coverage=coverage_query(self.query) if self.coverage == "" and derive else coverage,
            alive=self.alive or "",
            alive_age=_age_of_proof(self.alive) if self.alive else "",
        )


def _age_of_proof(query: str) -> str:
    try:
        return age_query(query)
    except PromqlError as error:
        raise PromqlError(f"alive: {error}") from error


class PrometheusMetrics:
    """The Prometheus metrics of one document; an HPA's reader gets a stand-in for each, so that the rest keeps its place."""

    def __init__(self, document: Document, spec: JsonObject) -> None:
        self._document = document
        self._found: dict[int, PrometheusMetric] = {}
        self.faults: list[Fault] = []
        metrics = spec.get("metrics")
        self.rest = spec
        if not isinstance(metrics, list):
            return
        own = [index for index, item in enumerate(metrics) if isinstance(item, dict) and item.get("type") == TYPE]
        if own:
            self.rest = {**spec, "metrics": [_STAND_IN if i in own else item for i, item in enumerate(metrics)]}
        for index in own:
            self._read(index, metrics[index])

    def put_back(self, metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
        """Put each metric in the place of its stand-in."""
        return tuple(self._found.get(index, metric) for index, metric in enumerate(metrics))

    def _read(self, index: int, item: JsonObject) -> None:
        where = f"spec.metrics[{index}]"
        for name in item.keys() - {"type", "prometheus"}:
            self._fault(f"{where}.{name}", f"unknown field `{name}`", f"a metric of type {TYPE} has `prometheus:`")
        try:
            block = PrometheusBlock.model_validate(item.get("prometheus"))
        except ValidationError as error:
            for fault in faults_of(error, self._document, PrometheusBlock):
                path = f"{where}.prometheus.{fault.path}" if fault.path else f"{where}.prometheus"
                self.faults.append(replace(fault, path=path, line=self._document.line_of(path)))
            return
        try:
            metric = block.metric()
        except PromqlError as error:
            hint = "mend the query, or give `age:`, PromQL for the age of its data in seconds"
            self._fault(f"{where}.prometheus.query", f"{error}: {block.query}", hint)
            return
        if any(metric.name == other.name for other in self._found.values()):
            self._fault(
                f"{where}.prometheus.name", f"{metric.name} is the name of an earlier metric too", "give each its own"
            )
        self._found[index] = metric

    def _fault(self, path: str, what: str, hint: str) -> None:
        line = self._document.line_of(path)
        self.faults.append(Fault(what=what, source=self._document.source, line=line, path=path, hint=hint))


#: Valid as it stands, and read without pods, as ours is: so minReplicas may be 0 beside it.
_STAND_IN: Final[JsonObject] = {
    "type": "External",
    "external": {"metric": {"name": "stand-in"}, "target": {"type": "AverageValue", "averageValue": "1"}},
}


def with_prometheus(spec: JsonObject, definitions: dict[str, Any]) -> JsonObject:
    """Let the JSON schema of an HPA's spec have metrics of type Prometheus; ``definitions`` takes what they refer to."""
    schema = PrometheusBlock.model_json_schema(by_alias=True)
    definitions |= schema.pop("$defs", {})
    metrics = spec["properties"]["metrics"]
    item = metrics["items"]
    kinds = item["properties"]["type"]
    properties = {
        **item["properties"],
        "type": {**kinds, "enum": sorted([*kinds["enum"], TYPE])},
        "prometheus": schema,
    }
    written = {**metrics, "items": {**item, "properties": properties}}
    return {**spec, "properties": {**spec["properties"], "metrics": written}}
