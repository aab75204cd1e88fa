"""Finds the policies in files and folders and reads each one, before they are compared with each other.

A folder is searched, hidden files apart, for .yaml, .yml and .json files. Documents of other kinds, such as the
Deployment beside its HPA, are passed over.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from autoscaler.config.documents import Document, Scan
from autoscaler.config.hpa import ReadOptions, is_policy, kind_fault
from autoscaler.config.scaling_policy import read_any_policy
from autoscaler.model.errors import Fault, InvalidPolicyError
from autoscaler.model.json_types import JsonObject
from autoscaler.model.policy import ScalingPolicy

SUFFIXES: Final = frozenset({".yaml", ".yml", ".json"})


@dataclass(frozen=True, slots=True)
class PolicySource:
    """Where a policy was written, and the manifest as it was written there."""

    document: Document = field(repr=False)

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.document.source

    @property
    def line(self) -> int:
        """First line of the manifest."""
        return self.document.line

    @property
    def manifest(self) -> JsonObject:
        """The manifest, before defaulting."""
        assert isinstance(self.document.value, dict)
        return self.document.value

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sound policy that has not been compared with the others yet."""

    policy: ScalingPolicy
    source: PolicySource


def policy_files(path: Path) -> list[Path]:
    """Give the files to read for ``path``: itself, or those of the folder, in the order of their names.

    Raises:
        OSError: the folder cannot be listed.
    """
    if not path.is_dir():
        return [path]
    found: list[Path] = []

    def refuse(error: OSError) -> None:
        raise error

    for folder, subfolders, names in os.walk(path, onerror=refuse):
        # A mounted ConfigMap holds each file twice: as itself and below a hidden folder.
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        found += [
            Path(folder, name) for name in names if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES
        ]
    return sorted(found)


def read_policies(scan: Scan, options: ReadOptions) -> tuple[list[Candidate], list[Fault]]:
    """Read the policies of one file; give the sound ones, and what is wrong with the file and the others, by line."""
    candidates: list[Candidate] = []
    faults = list(scan.faults)
    for document in scan.documents:
        for part in expand(document):
            try:
                if is_policy(part.value):
                    candidates.append(_read(part, options))
                elif (fault := kind_fault(part)) is not None:
                    faults.append(fault)
            except InvalidPolicyError as error:
                faults += error.faults
    return candidates, sorted(faults, key=lambda fault: fault.line or 0)


def expand(document: Document) -> Iterator[Document]:
    """Give the items of a list, as ``kubectl get -o yaml`` prints it, each as a document; else the document itself."""
    value = document.value
    items = value.get("items") if isinstance(value, dict) and str(value.get("kind", "")).endswith("List") else None
    if not isinstance(items, list):
        yield document
        return
    for index, item in enumerate(items):
        place = document.place.descend(("items", index))
        if isinstance(item, dict) and place is not None:
            yield Document(value=item, source=document.source, line=place.line, place=place)


def _read(document: Document, options: ReadOptions) -> Candidate:
    policy = read_any_policy(document, options)
    namespace = policy.key.namespace
    if options.namespaces and namespace not in options.namespaces:
        what = f"namespace {namespace} is not one of those to act in: {', '.join(options.namespaces)}"
        line = document.line_of("metadata.namespace")
        raise InvalidPolicyError([Fault(what=what, source=document.source, line=line, path="metadata.namespace")])
    return Candidate(policy, PolicySource(document))
