"""Edits for a what-if: where a value goes, and what is said where it cannot go."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscaler.config.documents import Document, load
from autoscaler.config.edits import Edit, EditError, edited
from autoscaler.config.observation import load_observation
from autoscaler.model.json_types import JsonValue

TEXT = "scale: 5\npods:\n- {count: 5}\nmetrics: {cpu: 84%, 'requests.total': 3}\n"


def document(text: str = TEXT) -> Document:
    """Read one document."""
    return load(text, "obs.yaml")[0]


@pytest.mark.parametrize(
    ("edit", "part", "expected"),
    [
        ("scale=7", "scale", 7),
        ("metrics.cpu=80%", "metrics", {"cpu": "80%", "requests.total": 3}),
        ("metrics[requests.total]=4", "metrics", {"cpu": "84%", "requests.total": 4}),
        ("pods[0].count=3", "pods", [{"count": 3}]),
        ("history.changes.-30s=+2", "history", {"changes": {"-30s": 2}}),
        ("metrics.cpu={error: down}", "metrics", {"cpu": {"error": "down"}, "requests.total": 3}),
        ("metrics=", "metrics", None),
    ],
)
def test_a_value_goes_to_its_place(edit: str, part: str, expected: JsonValue) -> None:
    before = document()
    after = edited(before, [Edit.parse(edit)])

    assert after.value[part] == expected
    assert before.value == document().value
    assert after.line_of("metrics") == 4


def test_edits_are_made_in_order() -> None:
    after = edited(document(), [Edit.parse("scale=7"), Edit.parse("scale=8")])

    assert after.value["scale"] == 8


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ("cpu", "'cpu' is not PATH=VALUE, such as metrics.cpu=80% or spec.maxReplicas=20"),
        ("=5", "'=5' is not PATH=VALUE, such as metrics.cpu=80% or spec.maxReplicas=20"),
        ("pods[1].count=3", "pods[1].count=3: there is no '1', it is a list of 1"),
        ("pods.count=3", "pods.count=3: there is no 'count', it is a list of 1"),
        ("scale.replicas=3", "scale.replicas=3: there is no 'replicas', it is no mapping"),
        ("scale=[", "'[' is not a value: a value is missing"),
    ],
)
def test_what_cannot_be_edited_is_said(edit: str, message: str) -> None:
    with pytest.raises(EditError) as refused:
        edited(document(), [Edit.parse(edit)])

    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("text", "edit", "scale", "cpu"),
    [
        (TEXT, "replicas=7", 7, "84%"),
        ("scale: {replicas: 5, running: 4}\nmetrics: {cpu: 84%}\n", "replicas=7", 7, "84%"),
        (TEXT, "cpu=50%", 5, "50%"),
    ],
)
def test_observations_have_short_forms_of_edits(tmp_path: Path, text: str, edit: str, scale: int, cpu: str) -> None:
    (tmp_path / "obs.yaml").write_text(text)
    file, _ = load_observation(tmp_path / "obs.yaml", [Edit.parse(edit)])

    assert (file.scale.replicas, file.metrics["cpu"].value) == (scale, cpu)


@given(st.text(max_size=20))
def test_any_text_is_an_edit_or_refused(text: str) -> None:
    try:
        edited(document(), [Edit.parse(text)])
    except EditError as error:
        refusal = str(error)
    else:
        refusal = "none"
    assert refusal
