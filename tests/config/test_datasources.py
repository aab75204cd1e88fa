"""Datasources are the administrator's: every address that could lead elsewhere is refused before anything is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoscaler.cli.app import run
from autoscaler.config.datasources import DatasourceSettings
from autoscaler.config.settings_load import load_settings
from autoscaler.model.errors import InvalidSettingsError
from autoscaler.model.time import SECOND

FILE = """\
datasources:
  main: {url: "http://prometheus.monitoring:9090/", deadline: 2s}
  batch:
    url: https://thanos.example/prom
    bearer_token_file: /run/secrets/token
    headers: {X-Scope-OrgID: shop}
"""


def test_datasources_come_from_file_variables_and_a_flag(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(FILE)
    loaded = load_settings(
        {"datasources.main.url": "http://localhost:9090"},
        file=file,
        environment={"AUTOSCALER_DATASOURCES__BATCH__DEADLINE": "9s"},
    )

    main, batch = loaded.settings.datasources["main"], loaded.settings.datasources["batch"]
    assert (main.url, main.deadline, main.concurrency) == ("http://localhost:9090", 2 * SECOND, 8)
    assert (batch.url, batch.deadline, batch.headers) == (
        "https://thanos.example/prom",
        9 * SECOND,
        {"X-Scope-OrgID": "shop"},
    )
    assert loaded.warnings == ()
    assert str(loaded.origins["datasources.main.deadline"]) == f"{file}:2"
    assert str(loaded.origins["datasources.batch.deadline"]) == "AUTOSCALER_DATASOURCES__BATCH__DEADLINE"


def test_config_show_explains_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(FILE)

    assert run(["config", "show", "--config", str(file), "--describe", "-o", "csv"]) == 0
    assert "datasources.main.deadline,2s," in capsys.readouterr().out


def test_a_wrong_datasource_is_refused_by_line(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("datasources:\n  main: {url: 'ftp://x'}\n")

    with pytest.raises(InvalidSettingsError) as caught:
        load_settings(file=file, environment={})
    assert str(caught.value) == (
        f"{file}:2: datasources.main.url: 'ftp://x' is not an address; write http(s)://HOST[:PORT][/PATH]"
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "prometheus:9090",
        "//prometheus",
        "ftp://prometheus",
        "file:///etc/passwd",
        "gopher://prometheus",
        "http://",
        "http://user@prometheus",
        "http://user:secret@prometheus",
        "http://prometheus?x=1",
        "http://prometheus#x",
        "http://prometheus:99999",
        "http://prometheus:x",
        "http://pro metheus",
        "http://prometheus\r\nHost: evil",
        "http://prometheus\\@evil",
        "http://prometheus\x00",
        "http://169.254.169.254",
        "http://169.254.0.1:9090/prom",
        "http://[::ffff:169.254.169.254]",
        "http://[fe80::1]",
        "http://[fd00:ec2::254]",
        "http://[::]",
        "http://0.0.0.0",
        "http://224.0.0.1",
        "http://100.100.100.200",
        "http://168.63.129.16",
    ],
)
def test_an_address_that_leads_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="Value error"):
        DatasourceSettings(url=url)


@pytest.mark.parametrize(
    "url", ["http://localhost:9090", "https://prometheus.example/tenant/a", "http://10.0.0.7", "http://[::1]:9090"]
)
def test_an_address_of_the_cluster_is_taken(url: str) -> None:
    assert DatasourceSettings(url=url).url == url


def test_a_link_local_address_can_be_allowed() -> None:
    assert DatasourceSettings(url="http://169.254.20.10:9090", any_address=True).any_address


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"username": "ann"}, "username and password_file go together"),
        ({"password_file": "x"}, "username and password_file go together"),
        ({"username": "a", "password_file": "x", "bearer_token_file": "y"}, "exclude each other"),
        ({"headers": {"Authorization": "Bearer x"}}, "Authorization is not set here"),
        ({"headers": {"X-A": "1\r\nX-B: 2"}}, "has a control character"),
        ({"headers": {"X A": "1"}}, "is no name of a header"),
        ({"concurrency": 0}, "greater than or equal to 1"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(more: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DatasourceSettings(url="http://prometheus", **more)  # type: ignore[arg-type]  # that is what is tested
