"""A client for commands that ask the server a few things and end."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from autoscaler.adapters.kubernetes.client import Client, Timeouts, open_client
from autoscaler.adapters.kubernetes.connection import find_credentials
from autoscaler.adapters.kubernetes.errors import Subject
from autoscaler.config.settings import Settings
from autoscaler.model.time import as_seconds


class _Quiet:
    """Takes note of no request."""

    def answered(self, subject: Subject, code: int) -> None:
        pass

    def unanswered(self, subject: Subject, error: str) -> None:
        pass

    def throttled(self, subject: Subject, seconds: float) -> None:
        pass


def timeouts_of(settings: Settings) -> Timeouts:
    """Give how long a request may take."""
    kubernetes = settings.kubernetes
    return Timeouts(connect=as_seconds(kubernetes.connect_timeout), total=as_seconds(kubernetes.request_timeout))


def opened(settings: Settings, *, version: str) -> AbstractAsyncContextManager[Client]:
    """Open a client as the settings say.

    Raises:
        InvalidSettingsError: the kubeconfig cannot be used.
    """
    return open_client(
        find_credentials(settings.kubernetes.kubeconfig, settings.kubernetes.context or None),
        timeouts=timeouts_of(settings),
        requests=_Quiet(),
        user_agent=f"autoscaler/{version}",
    )
