"""The queries of docs/scenarios.md give the numbers of a service, on Prometheus's own engine (promtool)."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/scenarios.md").read_text()
pytestmark = pytest.mark.service("prometheus")

#: A service of two pods for 36 h: 10 and 5 requests/s, 40 ms each until 6 h ago and 400 ms since then, when many wait;
#: 40 and 20 milli-cores. Three pods started 12, 20 and 30 s after they were created, and were ready 3, 5 and 9 s later.
SERIES = {
    'http_requests_total{namespace="shop",service="checkout",pod="checkout-a"}': "0+600x2160",
    'http_requests_total{namespace="shop",service="checkout",pod="checkout-b"}': "0+300x2160",
    'http_requests_total{namespace="shop",service="search",pod="search-a"}': "0+9000x2160",
    'http_request_duration_seconds_sum{namespace="shop",service="checkout"}': "0+36x1800 64800+360x359",
    'http_request_duration_seconds_count{namespace="shop",service="checkout"}': "0+900x2160",
    'container_cpu_usage_seconds_total{namespace="shop",pod="checkout-a",container="app"}': "0+2.4x2160",
    'container_cpu_usage_seconds_total{namespace="shop",pod="checkout-b",container="app"}': "0+1.2x2160",
    'container_cpu_usage_seconds_total{namespace="shop",pod="checkout-b",container="proxy"}': "0+60x2160",
    **{f'kube_pod_created{{namespace="shop",pod="checkout-{pod}"}}': "1000x2160" for pod in "abc"},
    **{
        f'kube_pod_container_state_started{{namespace="shop",pod="checkout-{pod}",container="{container}"}}': f"{at}x2160"
        for pod, container, at in (
            ("a", "app", 1012), ("a", "proxy", 1100), ("b", "app", 1020), ("c", "proxy", 1030), ("c", "app", 1031)
        )
    },
    **{
        f'kube_pod_status_ready_time{{namespace="shop",pod="checkout-{pod}"}}': f"{at}x2160"
        for pod, at in (("a", 1015), ("b", 1025), ("c", 1039))
    },
}  # fmt: skip

#: What each query begins with, and what it gives.
ANSWERS = {
    "sum(rate(http_requests_total": 15.0,  # [requests/s]
    "sum(rate(http_request_duration_seconds_sum": 0.04,  # [s]: of the hour in which nobody waited
    "sum(rate(container_cpu_usage_seconds_total": 0.004,  # [core-seconds]
    "quantile(0.5, min by (pod) (kube_pod_container_state_started": 20.0,  # [s]
    "quantile(0.5, kube_pod_status_ready_time": 5.0,  # [s]
}


def queries() -> list[str]:
    """Give what the page asks Prometheus, each on one line."""
    section = PAGE.partition("## The numbers of your service")[2].partition("\n## ")[0]
    blocks = re.findall(r"(?:^    .+\n)+", section, re.MULTILINE)
    asked = [block for block in blocks if re.match(r"    (sum|quantile)\(", block)]
    asked += re.findall(r"--data-urlencode 'query=(.+)'", section)
    return [" ".join(query.split()) for query in asked]


def test_every_query_is_known() -> None:
    assert [query for query in queries() if not query.startswith(tuple(ANSWERS))] == []
    assert len(queries()) == len(ANSWERS)


@pytest.mark.parametrize("query", queries(), ids=lambda query: re.sub(r"\W+", "-", query)[:48])
def test_the_query_gives_the_number(query: str, tmp_path: Path) -> None:
    answer = next(value for begin, value in ANSWERS.items() if query.startswith(begin))
    test = {
        "interval": "1m",
        "input_series": [{"series": series, "values": values} for series, values in SERIES.items()],
        "promql_expr_test": [
            {"expr": f"round({query}, 1e-6)", "eval_time": "36h", "exp_samples": [{"labels": "{}", "value": answer}]}
        ],
    }
    file = tmp_path / "queries.yaml"
    file.write_text(json.dumps({"rule_files": [], "evaluation_interval": "1m", "tests": [test]}))  # JSON is YAML
    judged = subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True, check=False)

    assert judged.returncode == 0, judged.stdout + judged.stderr
