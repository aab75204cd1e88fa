"""Defaulting and validation answer every recorded case as upstream does."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.hpa_objects import run_default, run_validate

ROOT = Path(__file__).parents[2]


def _cases(kind: str) -> list[dict[str, Any]]:
    folder = Path(os.environ.get("AUTOSCALER_HPA_VECTORS", ROOT.parent / "shared" / "hpa"))
    path = folder / "vectors.json"
    if not path.exists():
        complaint = f"{path} is missing; set AUTOSCALER_HPA_VECTORS"
        if os.environ.get("CI") == "true":
            pytest.fail(complaint, pytrace=False)
        pytest.skip(complaint)
    vectors: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["vectors"]
    return [vector for vector in vectors if vector["case"]["kind"] == kind]


def test_every_default_case() -> None:
    wrong = [vector["id"] for vector in _cases("default") if run_default(vector["case"]) != vector["expect"]]
    assert wrong == []


def _agrees(vector: dict[str, Any]) -> bool:
    result, expected = run_validate(vector["case"]), vector["expect"]
    if "decode_error" in expected:
        return bool(result.get("decode_error") == expected["decode_error"])
    messages = {error["message"] for error in result.get("errors", [{"message": "not decoded"}])}
    return messages == {error["message"] for error in expected["errors"]}


def test_every_validate_case() -> None:
    assert [vector["id"] for vector in _cases("validate") if not _agrees(vector)] == []
