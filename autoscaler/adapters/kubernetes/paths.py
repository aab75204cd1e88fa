"""Addresses of API objects."""

from __future__ import annotations

from urllib.parse import quote


def api_root(group: str, version: str) -> str:
    """Give the root of one group and version; the core group is the empty one."""
    return f"/apis/{group}/{version}" if group else f"/api/{version}"


def object_path(root: str, namespace: str, *parts: str) -> str:
    """Give the path of something in a namespace; each part is one path segment, whatever it holds."""
    segments = "/".join(quote(part, safe="*") for part in parts)
    return f"{root}/namespaces/{quote(namespace, safe='')}/{segments}"


def qualified(resource: str, group: str) -> str:
    """Name a resource as messages do: ``deployments.apps``, ``pods``."""
    return f"{resource}.{group}" if group else resource


def split_api_version(text: str) -> tuple[str, str]:
    """Split ``apps/v1`` into group and version.

    Raises: ValueError, with upstream's words.
    Source: apimachinery pkg/runtime/schema/group_version.go, ParseGroupVersion.
    """
    if text in ("", "/"):
        return "", ""
    match text.split("/"):
        case [version]:
            return "", version
        case [group, version]:
            return group, version
        case _:
            raise ValueError(f"unexpected GroupVersion string: {text}")
