"""Statement C92: traces from CSV, Prometheus range answers and public workload sets, with time and amplitude scaling."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from autoscaler.simulator.inputs import Overrides, prepare
from autoscaler.simulator.traffic import arrivals

SHARED = Path(os.environ.get("AUTOSCALER_TRACES", "../shared/traces"))
HOUR = [20.0 + 10.0 * np.sin(minute / 9.0) for minute in range(60)]


def csv_file(folder):
    path = folder / "mine.csv"
    path.write_text("timestamp,rps\n" + "".join(f"{1_700_000_000 + 60 * i},{r:.3f}\n" for i, r in enumerate(HOUR)))
    return path


def prometheus_file(folder):
    path = folder / "answer.json"
    values = [[1_700_000_000 + 60 * i, f"{rate:.3f}"] for i, rate in enumerate(HOUR)]
    answer = {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": values}]}}
    path.write_text(json.dumps(answer))
    return path


def public_file(folder):
    if not SHARED.is_dir():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no traces at {SHARED}; set AUTOSCALER_TRACES")
    return (SHARED / "nasa_http_1995-07_1min.csv").absolute()


@pytest.mark.parametrize(("file", "length"), [(csv_file, 3_600), (prometheus_file, 3_600), (public_file, 2_381_580)])
def test_c92_a_trace_from_a_file_scaled_in_time_and_amplitude(scenario, tmp_path, file, length):
    path = file(tmp_path)
    plain = prepare(scenario(), tmp_path, Overrides(trace=path))
    faster = prepare(scenario(), tmp_path, Overrides(trace=path, speed_up=10))
    larger = prepare(scenario(), tmp_path, Overrides(trace=path, scale_to=(10, 10_000)))

    assert (plain.duration, faster.duration, larger.duration) == (length, length // 10, length)
    requests = [arrivals(inputs.traffic, 0, inputs.duration) for inputs in (plain, faster, larger)]
    assert requests[1].sum() == pytest.approx(requests[0].sum() / 10)  # a tenth of the time at the same rates
    assert requests[1].max() == pytest.approx(requests[0].max(), rel=0.02)
    assert (requests[2].min(), requests[2].max()) == (pytest.approx(10), pytest.approx(10_000))


def test_csv_and_prometheus_say_the_same(scenario, tmp_path):
    one, other = (prepare(scenario(), tmp_path, Overrides(trace=f(tmp_path))) for f in (csv_file, prometheus_file))
    assert arrivals(one.traffic, 0, 3_600).tobytes() == arrivals(other.traffic, 0, 3_600).tobytes()
