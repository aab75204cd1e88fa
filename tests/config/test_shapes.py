"""Fitting a document to an API type: what is said of each kind of value, and what is left of it."""

from __future__ import annotations

from typing import Any

import pytest

from autoscaler.config.api_types import named_type
from autoscaler.config.shapes import describe, fit, quantity_hint

DEPLOYMENT = named_type("Deployment")


def deployment(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "web"}, "spec": spec}


def said(value: Any) -> list[str]:
    return [f"{fault.path}: {fault.what} | {fault.hint}" for fault in fit(value, DEPLOYMENT).faults]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"paused": "true"}, 'spec.paused: must be true or false, is text "true" | '),
        ({"replicas": True}, "spec.replicas: must be a whole number, is true | "),
        ({"replicas": 2**31}, "spec.replicas: must be between -2147483648 and 2147483647, is 2147483648 | "),
        (
            {"strategy": {"rollingUpdate": {"maxSurge": 1.5}}},
            "spec.strategy.rollingUpdate.maxSurge: must be a number or text, is 1.5 | ",
        ),
        (
            {"template": {"spec": {"containers": [None]}}},
            "spec.template.spec.containers[0]: is empty | remove the item, or fill it in",
        ),
        (
            {"template": {"metadata": {"creationTimestamp": "yesterday"}}},
            "spec.template.metadata.creationTimestamp: must be a time such as 2026-01-02T03:04:05Z, "
            'is text "yesterday" | ',
        ),
        (
            {"template": {"metadata": {"labels": []}}},
            "spec.template.metadata.labels: must be a mapping, is a list | write `field: value` lines",
        ),
        (
            {"template": {"spec": {"containers": {}}}},
            "spec.template.spec.containers: must be a list, is a mapping | begin each item with `- `",
        ),
        ({"replica": 1}, 'spec.replica: unknown field "replica" | did you mean `replicas`?'),
    ],
)
def test_what_does_not_fit_is_said(spec: dict[str, Any], expected: str) -> None:
    assert said(deployment(**spec)) == [expected]


@pytest.mark.parametrize("surge", [1, "25%"])
def test_a_field_that_takes_numbers_and_text_takes_both(surge: object) -> None:
    assert said(deployment(strategy={"rollingUpdate": {"maxSurge": surge}})) == []


def test_what_fits_is_left_and_null_is_absent() -> None:
    shaped = fit(deployment(replicas="2", paused=True, minReadySeconds=None), DEPLOYMENT)

    assert shaped.value == {"metadata": {"name": "web"}, "spec": {"paused": True}}


def test_quantities_come_back_as_they_are_stored() -> None:
    shaped = fit({"averageValue": "0.5", "type": "AverageValue"}, named_type("v2.MetricTarget"))

    assert shaped.value == {"averageValue": "500m", "type": "AverageValue"}


def test_a_document_that_is_no_mapping_has_one_fault() -> None:
    assert said([1]) == [": must be a mapping, is a list | write `field: value` lines"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "empty"),
        (False, "false"),
        ({}, "a mapping"),
        ([], "a list"),
        ("x" * 50, f'text "{"x" * 37}..."'),
        (10**60, "1" + "0" * 36 + "..."),
    ],
)
def test_values_are_described_briefly(value: object, words: str) -> None:
    assert describe(value) == words


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("70%", "a percentage goes into averageUtilization, without the percent sign"),
        ("1.5g", "units above k are capitals: M, G, T"),
        ("2GiB", "units have no B: write Ki, Mi, Gi or Ti"),
        ("many", "write 500m, 2 or 1536Mi"),
    ],
)
def test_slips_in_quantities_are_recognized(text: str, hint: str) -> None:
    assert quantity_hint(text) == hint
