"""Settings of guards that stand above single policies: budgets that all share, and the kill switch."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import Field

from autoscaler.config.setting_values import Period, Section
from autoscaler.model.budgets import NO_BUDGETS, Budgets, Cap
from autoscaler.model.time import HOUR, MINUTE, SECOND


class RemovalSettings(Section):
    """How many pods may be taken away."""

    per_namespace: int | None = Field(default=None, ge=1)
    """Most in each namespace within ``per``. Absent: no limit."""
    total: int | None = Field(default=None, ge=1)
    """Most in all namespaces together within ``per``. Absent: no limit."""
    per: Period = 10 * MINUTE
    """Any time of this length."""


class ChangeSettings(Section):
    """How many pods may be started and stopped, both counted; when it is spent only growth passes."""

    per_namespace: int | None = Field(default=None, ge=1)
    """Most in each namespace within ``per``. Absent: no limit."""
    total: int | None = Field(default=None, ge=1)
    """Most in all namespaces together within ``per``. Absent: no limit."""
    per: Period = HOUR
    """Any time of this length."""


class BudgetSettings(Section):
    """Budgets that all policies share, HPA objects too. None is set unless you do: what is much depends on the cluster."""

    removals: RemovalSettings = RemovalSettings()
    """Pods taken away."""
    changes: ChangeSettings = ChangeSettings()
    """Pods started and stopped."""
    growth: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Pods per second that all policies together may add, over one ``hpa.sync_period``. Absent: no limit."""

    def budgets(self) -> Budgets:
        """What the controller is told."""
        made = Budgets(
            removals=Cap(per_namespace=self.removals.per_namespace, total=self.removals.total, per=self.removals.per),
            changes=Cap(per_namespace=self.changes.per_namespace, total=self.changes.total, per=self.changes.per),
            growth=self.growth,
        )
        return NO_BUDGETS if made.are_off else made


class HaltStore(StrEnum):
    """Where the kill switch is kept."""

    NONE = "none"
    FILE = "file"
    CLUSTER = "cluster"


class HaltSettings(Section):
    """The kill switch. While it is thrown everything is decided and shown as ever, and no size is written."""

    store: HaltStore = HaltStore.NONE
    """none, file (``path``), or cluster: the ConfigMap ``name`` in ``namespace``, which all replicas share."""
    path: Path = Path("halt.json")
    """File for ``file``."""
    namespace: str = "default"
    """Namespace for ``cluster``."""
    name: str = Field(default="autoscaler-halt", min_length=1)
    """ConfigMap for ``cluster``."""
    interval: Period = 5 * SECOND
    """Time between two looks at it."""
