"""Where the API server is and who we are to it: a kubeconfig file, or the pod's own service account."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import yaml
from kubernetes_asyncio.client import Configuration
from kubernetes_asyncio.config import ConfigException, load_incluster_config, load_kube_config
from kubernetes_asyncio.config.incluster_config import (
    SERVICE_CERT_FILENAME,
    SERVICE_HOST_ENV_NAME,
    SERVICE_TOKEN_FILENAME,
)

from autoscaler.model.errors import Fault, InvalidSettingsError

#: Fills a configuration with host, credentials and certificates; called again when the server rejects the credentials.
Credentials: TypeAlias = Callable[[Configuration], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KubeconfigFile:
    """A kubeconfig; ``path`` of ``None`` means ``$KUBECONFIG`` or ``~/.kube/config``, as kubectl does."""

    path: Path | None = None
    context: str | None = None

    async def __call__(self, configuration: Configuration) -> None:
        """Read the file again: tokens, token files and exec plugins may have changed.

        Raises: InvalidSettingsError, with what is wrong in the file.
        """
        source = str(self.path) if self.path else os.environ.get("KUBECONFIG", "~/.kube/config")
        if self.path is not None and not self.path.is_file():
            raise _fault(source, "no such file", hint="pass the path of a kubeconfig with --kubeconfig")
        try:
            if self.path is not None and not isinstance(yaml.safe_load(self.path.read_bytes()), dict):
                raise _fault(source, "not a kubeconfig: expected a mapping with clusters, users and contexts")
            await load_kube_config(
                config_file=str(self.path) if self.path else None,
                context=self.context,
                client_configuration=configuration,
            )
        except ConfigException as error:
            raise _fault(source, str(error)) from error
        except yaml.YAMLError as error:
            raise _fault(source, f"not YAML: {' '.join(str(error).split())}") from error
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            # The loader trusts the file's shape; a list where a map belongs surfaces as one of these.
            raise _fault(source, f"not a kubeconfig: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAccount:
    """The pod's own account. Its token is read again every minute, and at once when it is rejected."""

    token: Path = Path(SERVICE_TOKEN_FILENAME)
    certificate: Path = Path(SERVICE_CERT_FILENAME)

    async def __call__(self, configuration: Configuration) -> None:
        """Read the account. Raises: InvalidSettingsError outside a pod."""
        try:
            load_incluster_config(  # type: ignore[no-untyped-call]  # not annotated upstream
                client_configuration=configuration,
                token_filename=str(self.token),
                cert_filename=str(self.certificate),
            )
        except (ConfigException, OSError) as error:
            raise _fault("service account", str(error), hint="outside a cluster pass --kubeconfig FILE") from error


def find_credentials(path: Path | None, context: str | None) -> Credentials:
    """Choose as kubectl does: the file that was named, else the service account inside a pod, else the default file."""
    inside = bool(os.environ.get(SERVICE_HOST_ENV_NAME)) and os.path.isfile(SERVICE_TOKEN_FILENAME)
    if path is None and context is None and inside:
        return ServiceAccount()
    return KubeconfigFile(path=path, context=context)


def _fault(source: str, what: str, hint: str = "") -> InvalidSettingsError:
    return InvalidSettingsError([Fault(what=what, source=source, hint=hint)])
