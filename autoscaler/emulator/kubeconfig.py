"""A kubeconfig file that points clients at the emulator."""

from pathlib import Path

import yaml


def write_kubeconfig(path: Path, url: str, token: str, *, namespace: str = "default") -> None:
    """Write a kubeconfig with one cluster, one user and one context, readable by its owner only."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "emulator",
        "clusters": [{"name": "emulator", "cluster": {"server": url}}],
        "users": [{"name": "emulator", "user": {"token": token}}],
        "contexts": [
            {"name": "emulator", "context": {"cluster": "emulator", "user": "emulator", "namespace": namespace}}
        ],
    }
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
