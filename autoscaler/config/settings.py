"""The controller's settings: what there is to set, in which unit, and what holds when nothing is said.

``Settings(...)`` reads nothing but its arguments; ``settings_load.load_settings`` brings flags, environment and file
together. Durations are written ``15s`` or ``5m`` and held in nanoseconds.
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from autoscaler.config.datasources import DatasourceSettings, ResourceMetricsSettings
from autoscaler.config.guard_settings import BudgetSettings, HaltSettings
from autoscaler.config.setting_values import Duration, Period, Section
from autoscaler.control.election import ElectionTimes
from autoscaler.model.controller_config import (
    DEFAULT_VERSION,
    ControllerConfig,
    Fixes,
    KubernetesVersion,
    for_version,
)
from autoscaler.model.policy import Mode
from autoscaler.model.time import MINUTE, SECOND

ENVIRONMENT_PREFIX: Final = "AUTOSCALER_"
NESTED_DELIMITER: Final = "__"


class PolicySource(StrEnum):
    """Where policies come from besides files. A file or folder of such a name is written ``./cluster``."""

    CLUSTER = "cluster"
    HPA = "hpa"


class Address(NamedTuple):
    """Where a server listens. An empty host means every interface, port 0 any free port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _read_list(value: Any) -> Any:
    """A list may be written as one text with commas, as flags and environment variables must."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _read_address(value: Any) -> Any:
    match = re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^:\[\]/\s]*):([0-9]{1,5})", value) if isinstance(value, str) else None
    if match is None or int(match[2]) > 65535:
        raise ValueError("must be HOST:PORT, such as 127.0.0.1:8080, [::1]:8080 or :8080 for every interface")
    return Address(match[1].strip("[]"), int(match[2]))


def _read_address_or_off(value: Any) -> Any:
    return None if value is False or value == "off" else _read_address(value)


PolicyPlaces = Annotated[
    tuple[Annotated[PolicySource | Path, Field(union_mode="left_to_right")], ...], NoDecode, BeforeValidator(_read_list)
]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_read_list)]
ListenAddress = Annotated[Address, NoDecode, BeforeValidator(_read_address), PlainSerializer(str, return_type=str)]
OptionalAddress = Annotated[
    Address | None,
    NoDecode,
    BeforeValidator(_read_address_or_off),
    PlainSerializer(lambda address: "off" if address is None else str(address), return_type=str),
]
#: Hosts that only this machine, or the pod, reaches.
LOOPBACK_HOSTS: Final = ("127.0.0.1", "::1", "localhost")


class LogLevel(StrEnum):
    """How much is told."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How log lines look: ``auto`` is ``console`` on a terminal and ``json`` elsewhere."""

    AUTO = "auto"
    CONSOLE = "console"
    JSON = "json"


class KubernetesSettings(Section):
    """How the API server is reached."""

    kubeconfig: Path | None = None
    """Kubeconfig file. Absent: the pod's own service account, else $KUBECONFIG, else ~/.kube/config."""
    context: str = ""
    """Context of the kubeconfig. Empty: its current context."""
    connect_timeout: Period = 5 * SECOND
    """Longest wait for a connection."""
    request_timeout: Period = 10 * SECOND
    """Longest wait for a whole answer, repetitions included. Beyond it the pass decides without the answer."""
    request_rate: float = Field(default=1000, ge=5, allow_inf_nan=False)
    """Most requests in a second, to the API server and to each metrics API. Halves when one says that it is too much."""


class HpaSettings(Section):
    """Upstream's --horizontal-pod-autoscaler-* flags, with upstream's defaults."""

    sync_period: Period = 15 * SECOND
    """Time between two evaluations of a policy."""
    tolerance: float = Field(default=0.1, ge=0, allow_inf_nan=False)
    """No change while the ratio of metric to target is this near 1. A policy may set its own."""
    downscale_stabilization: Duration = 5 * MINUTE
    """Scale-down window of policies that set none: the highest recommendation within it holds."""
    cpu_initialization_period: Duration = 5 * MINUTE
    """CPU samples of pods younger than this are distrusted."""
    initial_readiness_delay: Duration = 30 * SECOND
    """A pod unready this soon after its start has never been ready."""


class GateSettings(Section):
    """Upstream's feature gates. Absent: as in the release that ``kubernetes_version`` names."""

    scale_to_zero: bool | None = None
    """HPAScaleToZero: minReplicas may be 0 where an Object or External metric is given. On from 1.37."""
    configurable_tolerance: bool | None = None
    """HPAConfigurableTolerance: a policy may set its own tolerance. On in every release here."""
    pod_level_resources: bool | None = None
    """PodLevelResources: requests may be given for the whole pod. On in every release here."""


class FixSettings(Section):
    """Upstream's repairs that no known release contains yet."""

    average_without_pods: bool = False
    """Report an average of 0 while there are no pods, instead of the smallest 64-bit number (PR 140958)."""
    succeeded_pods: bool = False
    """Leave pods that have Succeeded out of averages, like those that have Failed (PR 141302)."""


class LeaderElectionSettings(Section):
    """Which of several replicas acts. Defaults are client-go's."""

    enabled: bool = False
    """Act only while holding a Lease. For more than one replica with ``apply``; observing needs no leader."""
    namespace: str = "default"
    """Namespace of the Lease."""
    name: str = Field(default="autoscaler", min_length=1)
    """Name of the Lease."""
    lease_duration: Period = 15 * SECOND
    """How long others wait for a sign of life before one of them takes over."""
    renew_deadline: Period = 10 * SECOND
    """How long the leader goes on without having renewed the Lease. Shorter than ``lease_duration``."""
    retry_period: Period = 2 * SECOND
    """Time between two attempts. ``renew_deadline`` must be more than 1.2 times this."""

    @property
    def times(self) -> ElectionTimes:
        """What the election is told."""
        return ElectionTimes(lease=self.lease_duration, renew_deadline=self.renew_deadline, retry=self.retry_period)

    @model_validator(mode="after")
    def _safe(self) -> Self:
        _ = self.times
        return self


class HttpSettings(Section):
    """The controller's own HTTP server."""

    listen: ListenAddress = Address("", 8080)
    """HOST:PORT of /livez, /readyz and /metrics. They name workloads: keep them inside the cluster."""
    explain: OptionalAddress = Address("127.0.0.1", 8081)
    """HOST:PORT that `autoscaler status`, `why` and `what-if` ask, or off. Another host than loopback needs a token."""
    explain_token: Path | None = None
    """File with the token that whoever asks there must present. Absent: none is needed."""

    push: OptionalAddress = None
    """HOST:PORT that takes POST /evaluate/NAMESPACE/NAME, or off (the default). Beyond loopback it needs a token."""
    push_token: Path | None = None
    """File with the token that whoever asks for an evaluation must present. Absent: none is needed."""

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if self.push is not None and self.push.host not in LOOPBACK_HOSTS and self.push_token is None:
            raise ValueError(
                "push: everybody could ask for evaluations there; name a token's file in push_token, or 127.0.0.1"
            )
        if self.explain is not None and self.explain.host not in LOOPBACK_HOSTS and self.explain_token is None:
            raise ValueError(
                "explain: everybody could read it there; name a token's file in explain_token, or 127.0.0.1"
            )
        return self


class TelemetrySettings(Section):
    """The controller's own metrics."""

    per_policy: bool = True
    """Serve series per policy: 10 or so each. Switch off where thousands of policies cost the scraper too much."""


class JournalSettings(Section):
    """The record of everything the controller was told and decided, for `autoscaler journal`, `why` and `replay`."""

    path: Path | None = None
    """sqlite file. Absent: none is kept."""
    mebibytes: int = Field(default=256, ge=1)
    """Most room its rows take; the oldest go first."""


class MemoryStore(StrEnum):
    """Where what policies remember is kept across restarts."""

    NONE = "none"
    FOLDER = "folder"
    CLUSTER = "cluster"


class MemorySettings(Section):
    """What policies remember across restarts and changes of leader: windows, and changes that count for rate rules."""

    store: MemoryStore = MemoryStore.NONE
    """none, folder (``path``), or cluster: 16 ConfigMaps in ``namespace``, which all replicas share."""
    path: Path = Path("memory")
    """Folder for ``folder``."""
    namespace: str = "default"
    """Namespace for ``cluster``."""
    name: str = Field(default="autoscaler-memory", min_length=1)
    """Documents are called by this name and a number."""
    interval: Period = 30 * SECOND
    """Time between two looks at what changed. After a scale it is stored at once."""


class EventSettings(Section):
    """Kubernetes Events. Repeats are counted once a minute instead of written; what is beyond these is dropped."""

    per_minute: int = Field(default=10, ge=1)
    """Most writes about one policy in a minute, on average."""
    per_second: float = Field(default=5, gt=0, allow_inf_nan=False)
    """Most writes in a second, over all policies. Up to 1000 wait."""


class LogSettings(Section):
    """What is logged, on stderr."""

    level: LogLevel = LogLevel.INFO
    """Least important level that is written."""
    format: LogFormat = LogFormat.AUTO
    """Look of a line."""


class Settings(BaseSettings):
    """Everything the controller can be told."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        validate_default=False,
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter=NESTED_DELIMITER,
    )

    policies: PolicyPlaces = ()
    """Policy files, and directories that are searched for them; cluster: ScalingPolicy objects; hpa: HPA objects.
    Several in flags and variables are separated by commas."""
    apply: bool = False
    """Write replica counts. Otherwise only decide and report (Observe)."""
    shadow: bool = False
    """Follow the cluster's own HPA objects beside the built-in controller, write nothing, and say how well both agree."""
    selector: str = ""
    """Label selector of the HPA objects of ``shadow`` or ``policies: hpa``; empty: all. Rivals for the same pods should
    all match or none."""
    comparisons: Path | None = None
    """File of shadow mode's comparisons (JSON lines), for `autoscaler shadow report`. Absent: none are kept."""
    comparisons_mebibytes: int = Field(default=256, ge=1)
    """Most room that file takes, with its older parts FILE.1 to FILE.3. A thousand HPAs fill some 40 a day."""
    namespace: str = Field(default="default", min_length=1)
    """Namespace of policies whose file names none."""
    namespaces: Names = ()
    """Namespaces to act in; policies of others are refused. Empty: all."""
    reload_interval: Period = 10 * SECOND
    """Time between two looks at the policy files."""
    kubernetes: KubernetesSettings = KubernetesSettings()
    """How the API server is reached."""
    kubernetes_version: KubernetesVersion = DEFAULT_VERSION
    """Release whose kube-controller-manager is followed: 1.35, 1.36 or 1.37."""
    hpa: HpaSettings = HpaSettings()
    """Upstream's flags."""
    gates: GateSettings = GateSettings()
    """Upstream's feature gates."""
    fixes: FixSettings = FixSettings()
    """Upstream's late repairs."""
    datasources: dict[str, DatasourceSettings] = Field(default={})
    """Servers that policies may ask (metrics of type Prometheus), by name. `--prometheus URL` defines the one named main."""
    resource_metrics: ResourceMetricsSettings = ResourceMetricsSettings()
    """Where the use of cpu and memory by pods comes from."""
    leader_election: LeaderElectionSettings = LeaderElectionSettings()
    """Which of several replicas acts."""
    http: HttpSettings = HttpSettings()
    """The controller's own HTTP server."""
    telemetry: TelemetrySettings = TelemetrySettings()
    """The controller's own metrics."""
    journal: JournalSettings = JournalSettings()
    """The record of everything the controller was told and decided."""
    memory: MemorySettings = MemorySettings()
    """What policies remember across restarts."""
    events: EventSettings = EventSettings()
    """How many Kubernetes Events are written."""
    budgets: BudgetSettings = BudgetSettings()
    """What all policies may do together."""
    halt: HaltSettings = HaltSettings()
    """The kill switch: where it is, for `autoscaler halt` and `autoscaler resume`."""
    log: LogSettings = LogSettings()
    """What is logged."""

    @property
    def mode(self) -> Mode:
        """What policies may do that do not say it themselves."""
        return Mode.APPLY if self.apply else Mode.OBSERVE

    @property
    def policy_files(self) -> tuple[Path, ...]:
        """Policy files and folders of them."""
        return tuple(place for place in self.policies if isinstance(place, Path))

    @property
    def controller(self) -> ControllerConfig:
        """What the engine is told."""
        upstream = for_version(self.kubernetes_version)
        return replace(
            upstream,
            sync_period=self.hpa.sync_period,
            tolerance=self.hpa.tolerance,
            downscale_stabilization=self.hpa.downscale_stabilization,
            cpu_initialization_period=self.hpa.cpu_initialization_period,
            initial_readiness_delay=self.hpa.initial_readiness_delay,
            gates=replace(upstream.gates, **self.gates.model_dump(exclude_none=True)),
            fixes=Fixes(**self.fixes.model_dump()),
            budgets=self.budgets.budgets(),
        )

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take arguments only: who reads what, and what wins, is told in one place (``settings_load``)."""
        return (init_settings,)
