"""Connections to the API server, as the settings say."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from autoscaler.adapters.kubernetes.client import Client, Requests, Timeouts, open_client
from autoscaler.adapters.kubernetes.connection import find_credentials
from autoscaler.adapters.kubernetes.gate import Gate
from autoscaler.config.settings import Settings
from autoscaler.model.time import as_seconds

#: Longest wait for one answer about the lease [s].
_LEASE_PATIENCE = 5.0


def usual_client(settings: Settings, requests: Requests, version: str) -> AbstractAsyncContextManager[Client]:
    """Give the connections for everything but the lease, at a rate that yields to a busy server."""
    kubernetes = settings.kubernetes
    patience = Timeouts(connect=as_seconds(kubernetes.connect_timeout), total=as_seconds(kubernetes.request_timeout))
    return _client(settings, requests, version, patience, Gate(kubernetes.request_rate))


def lease_client(settings: Settings, requests: Requests, version: str) -> AbstractAsyncContextManager[Client]:
    """Give the lease connections of its own: nothing else can keep it waiting, and it is never slowed down."""
    patience = min(_LEASE_PATIENCE, as_seconds(settings.leader_election.renew_deadline) / 2)
    return _client(settings, requests, version, Timeouts(connect=patience, total=patience), Gate(None))


def _client(
    settings: Settings, requests: Requests, version: str, timeouts: Timeouts, gate: Gate
) -> AbstractAsyncContextManager[Client]:
    return open_client(
        find_credentials(settings.kubernetes.kubeconfig, settings.kubernetes.context or None),
        timeouts=timeouts,
        requests=requests,
        user_agent=f"autoscaler/{version}",
        gate=gate,
    )
