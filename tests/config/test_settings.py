"""Settings: which source wins, where a value came from, and what is said about a wrong one."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscaler.config.settings import Address, Settings
from autoscaler.config.settings_load import (
    LoadedSettings,
    environment_name,
    load_settings,
    setting_values,
    settings_help,
)
from autoscaler.model.controller_config import DEFAULT_CONFIG, Fixes, Gates, for_version
from autoscaler.model.errors import InvalidSettingsError
from autoscaler.model.policy import Mode
from autoscaler.model.time import SECOND

VARIABLES = [environment_name(path) for path in settings_help()]
JSON = st.dictionaries(
    st.sampled_from(["policies", "apply", "hpa", "http", "log", "kubernetes", "x", "_env_file", ""]),
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.lists(st.text(max_size=3), max_size=2)
    | st.dictionaries(
        st.sampled_from(["sync_period", "tolerance", "listen", "level", "y"]), st.text(max_size=4) | st.integers()
    ),
    max_size=4,
)


def write(folder: Path, text: str) -> Path:
    path = folder / "settings.yaml"
    path.write_text(text)
    return path


def test_without_a_word_upstreams_defaults_hold_and_nothing_is_written() -> None:
    loaded = load_settings(environment={})

    assert loaded.settings.controller == DEFAULT_CONFIG
    assert loaded.settings.mode is Mode.OBSERVE
    assert loaded.settings.http.listen == Address("", 8080)
    assert {str(origin) for origin in loaded.origins.values()} == {"default"}


def test_a_flag_wins_over_a_variable_over_the_file_over_the_default(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "policies: [a.yaml]\nhpa:\n  sync_period: 20s\n  tolerance: 0.2\n  downscale_stabilization: 1m\n",
    )

    loaded = load_settings(
        {"hpa.sync_period": "5s", "apply": None},
        file=file,
        environment={"AUTOSCALER_HPA__SYNC_PERIOD": "10s", "AUTOSCALER_HPA__TOLERANCE": "0.3"},
    )

    assert loaded.settings.hpa.sync_period == 5 * SECOND
    assert loaded.settings.hpa.tolerance == 0.3
    assert loaded.settings.hpa.downscale_stabilization == 60 * SECOND
    assert [str(loaded.origins[f"hpa.{name}"]) for name in ("sync_period", "tolerance", "downscale_stabilization")] == [
        "--sync-period",
        "AUTOSCALER_HPA__TOLERANCE",
        f"{file}:5",
    ]
    assert str(loaded.origins["hpa.initial_readiness_delay"]) == "default"
    assert str(loaded.origins["policies"]) == f"{file}:1"


def test_a_variable_may_name_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, "apply: yes\n")

    assert load_settings(environment={"AUTOSCALER_CONFIG": str(file)}).settings.mode is Mode.APPLY


def test_lists_in_variables_are_separated_by_commas() -> None:
    loaded = load_settings(environment={"AUTOSCALER_POLICIES": "a.yaml, b", "AUTOSCALER_NAMESPACES": "shop"})

    assert loaded.settings.policies == (Path("a.yaml"), Path("b"))
    assert loaded.settings.namespaces == ("shop",)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:0", Address("127.0.0.1", 0)),
        (":9090", Address("", 9090)),
        ("[::1]:80", Address("::1", 80)),
        ("localhost:80", Address("localhost", 80)),
    ],
)
def test_addresses(text: str, address: Address) -> None:
    settings = load_settings(environment={"AUTOSCALER_HTTP__LISTEN": text}).settings

    assert settings.http.listen == address
    assert str(settings.http.listen) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hpa: {tolerence: 0.2}", ":1: hpa.tolerence: no such setting\n  hint: did you mean `tolerance`?"),
        (
            "frobnicate: 1",
            ":1: frobnicate: no such setting\n  hint: allowed here: policies, apply, shadow, selector, "
            "comparisons, comparisons_mebibytes, namespace, namespaces, "
            "reload_interval, kubernetes, kubernetes_version, hpa, gates, fixes, datasources, resource_metrics, leader_election, "
            "http, telemetry, journal, memory, events, budgets, halt, log",
        ),
        (
            "spec:\n  a: 1\n  b: 2",
            ":2: spec: no such setting\n  hint: allowed here: policies, apply, shadow, selector, "
            "comparisons, comparisons_mebibytes, namespace, namespaces, "
            "reload_interval, kubernetes, kubernetes_version, hpa, gates, fixes, datasources, resource_metrics, leader_election, "
            "http, telemetry, journal, memory, events, budgets, halt, log",
        ),
        ("_env_file: x", ":1: _env_file: no such setting"),
        (
            "hpa:\n  sync_period: 15",
            ":2: hpa.sync_period: 15 is not a duration; write numbers with units, such as 90s, 1h30m or 7d",
        ),
        ("hpa: {sync_period: 0s}", ":1: hpa.sync_period: must be greater than 0, is '0s'"),
        ("hpa: {tolerance: -1}", ":1: hpa.tolerance: must be greater than or equal to 0, is -1"),
        ("apply: perhaps", ":1: apply: must be true or false, is 'perhaps'"),
        ("log: {level: loud}", ":1: log.level: must be one of 'debug', 'info', 'warning' or 'error', is 'loud'"),
        (
            "http: {listen: 80}",
            ":1: http.listen: must be HOST:PORT, such as 127.0.0.1:8080, [::1]:8080 or :8080 for every interface",
        ),
        (
            "http: {listen: 'x:99999'}",
            ":1: http.listen: must be HOST:PORT, such as 127.0.0.1:8080, [::1]:8080 or :8080 for every interface",
        ),
        ("kubernetes: 5", ":1: kubernetes: must be a mapping of settings, is 5"),
        ("[]", ":1: must be a mapping of settings\n  hint: see `autoscaler config show -o yaml`"),
        ("a: 1\n---\nb: 2", ":3: holds more than one document"),
        ("a: [", ":1: a value is missing\n  hint: close every [ and {; write a value between commas"),
    ],
)
def test_a_wrong_file_is_refused_by_line(text: str, message: str, tmp_path: Path) -> None:
    file = write(tmp_path, text)

    with pytest.raises(InvalidSettingsError) as caught:
        load_settings(file=file, environment={})

    assert str(caught.value) == f"{file}{message}"


def test_wrong_flags_and_variables_are_named_all_at_once() -> None:
    with pytest.raises(InvalidSettingsError) as caught:
        load_settings(
            {"hpa.sync_period": "soon"}, environment={"AUTOSCALER_APPLY": "x", "AUTOSCALER_HPA__TOLERANCE": "y"}
        )

    assert [fault.source for fault in caught.value.faults] == [
        "AUTOSCALER_APPLY",
        "--sync-period",
        "AUTOSCALER_HPA__TOLERANCE",
    ]


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(InvalidSettingsError, match=r"nowhere\.yaml: no such file"):
        load_settings(file=Path("nowhere.yaml"), environment={})


def test_an_empty_variable_counts_as_not_set() -> None:
    assert load_settings(environment={"AUTOSCALER_APPLY": "", "AUTOSCALER_HPA__TOLERANCE": ""}).settings == Settings()


@given(st.text() | JSON.map(json.dumps), st.dictionaries(st.sampled_from(VARIABLES), st.text(max_size=10), max_size=3))
def test_any_file_and_any_variables_give_settings_or_faults(
    tmp_path_factory: pytest.TempPathFactory, text: str, environment: dict[str, str]
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text(text, encoding="utf-8", errors="replace")

    with contextlib.suppress(InvalidSettingsError):
        assert isinstance(load_settings(file=file, environment=environment).settings, Settings)


def test_unknown_variables_are_warned_of_but_not_those_kubernetes_sets() -> None:
    loaded = load_settings(
        environment={
            "AUTOSCALER_HPA_SYNC_PERIOD": "5s",
            "AUTOSCALER_XYZZY": "1",
            "AUTOSCALER_DEBUG": "1",
            "AUTOSCALER_SERVICE_HOST": "10.0.0.1",
            "AUTOSCALER_PORT_8080_TCP": "tcp://10.0.0.1:8080",
            "PATH": "/bin",
        }
    )

    assert loaded.warnings == (
        "AUTOSCALER_HPA_SYNC_PERIOD: no such setting; ignored (did you mean AUTOSCALER_HPA__SYNC_PERIOD?)",
        "AUTOSCALER_XYZZY: no such setting; ignored",
    )


def test_what_is_shown_can_be_read_again(tmp_path: Path) -> None:
    import yaml

    settings = load_settings({"policies": "a,b", "http.listen": "[::1]:1"}, environment={}).settings
    file = write(tmp_path, yaml.safe_dump(settings.model_dump(mode="json")))

    assert load_settings(file=file, environment={}).settings == settings


def test_settings_read_nothing_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOSCALER_APPLY", "true")

    assert Settings().apply is False


def test_every_setting_is_explained() -> None:
    loaded: LoadedSettings = load_settings(environment={})

    assert set(setting_values(loaded.settings)) == set(loaded.origins)
    assert {path for path in settings_help() if "*" not in path} == set(loaded.origins)
    assert all(text.endswith(".") for text in settings_help().values())


def test_the_release_decides_the_gates_and_a_gate_given_wins() -> None:
    assert Settings().controller == for_version("1.36")
    assert Settings(kubernetes_version="1.35").controller == for_version("1.35")
    assert Settings(kubernetes_version="1.37").controller == for_version("1.37")
    switched_off = Settings(kubernetes_version="1.37", gates={"scale_to_zero": False}).controller
    assert (switched_off.gates, switched_off.observed_generation) == (Gates(scale_to_zero=False), True)
    assert Settings(fixes={"succeeded_pods": True}).controller.fixes == Fixes(succeeded_pods=True)


def test_a_release_we_do_not_know_is_a_fault() -> None:
    with pytest.raises(InvalidSettingsError) as error:
        load_settings({"kubernetes_version": "1.30"}, environment={})

    assert (
        str(error.value)
        == "--kubernetes-version: kubernetes_version: must be one of '1.35', '1.36' or '1.37', is '1.30'"
    )
