"""Reads what one dry decision takes: a policy, an observation, perhaps a memory of its own, perhaps edits of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from autoscaler.config.documents import Document, Scan, scan_file
from autoscaler.config.edits import SOURCE, Edit, EditError, edited
from autoscaler.config.hpa import ReadOptions, is_policy
from autoscaler.config.hpa_status import status_from_object
from autoscaler.config.observation import History, load_history, observation_from, only_document
from autoscaler.config.observation_build import Seen, build_seen
from autoscaler.config.policy_files import Candidate, expand, read_policies
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.errors import Fault, InvalidInputError, InvalidPolicyError
from autoscaler.model.policy import ScalingPolicy

_OF_POLICY: Final = ("spec", "metadata")  #: edits that begin so are about the manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where to read. ``name``: which policy, where the file holds several. ``memory``: in place of a history."""

    policy: Path
    observation: Path
    memory: Path | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What ``evaluate`` takes, but for the controller's configuration."""

    policy: ScalingPolicy
    seen: Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """The files, read once, so that a decision can be made with edits and without."""

    files: Files
    policies: Scan
    observation: Document

    @classmethod
    def read(cls, files: Files) -> DryRun:
        """Read the files.

        Raises:
            InvalidInputError: the observation cannot be read, or both files are standard input.
        """
        if str(files.policy) == str(files.observation) == "-":
            what = "only one of policy and observation can be standard input"
            raise InvalidInputError([Fault(what=what, source="--observation")])
        return cls(files=files, policies=scan_file(files.policy), observation=only_document(files.observation))

    def inputs(self, config: ControllerConfig, edits: Sequence[str] = ()) -> Inputs:
        """Make the edits (``metrics.cpu=80%``, ``cpu=80%``, ``replicas=7``, ``spec.maxReplicas=20``) and build.

        Raises:
            InvalidInputError: one fault for each thing wrong with a file, an edit or the choice of policy.
        """
        try:
            parsed = [Edit.parse(text) for text in edits]
            of_policy = [edit for edit in parsed if edit.steps[0] in _OF_POLICY]
            chosen = _choose(self.files, _policies(self.policies, config, of_policy, self.files.policy))
            file, document = observation_from(self.observation, [edit for edit in parsed if edit not in of_policy])
        except EditError as error:
            raise InvalidInputError([Fault(what=str(error), source=SOURCE)]) from error
        past = _past(self.files, has_history=file.history is not None)
        status = status_from_object(chosen.source.manifest)
        seen = build_seen(file, document, chosen.policy, status=status, past=past, config=config)
        return Inputs(policy=chosen.policy, seen=seen)


def _policies(scan: Scan, config: ControllerConfig, edits: Sequence[Edit], path: Path) -> list[Candidate]:
    if edits:
        parts = [part for document in scan.documents for part in expand(document)]
        changed = tuple(edited(part, edits) if is_policy(part.value) else part for part in parts)
        scan = Scan(documents=changed, faults=scan.faults)
    found, faults = read_policies(scan, ReadOptions(gates=config.gates))
    if faults:
        raise InvalidPolicyError(faults)
    if not found:
        hint = "a policy is a HorizontalPodAutoscaler of autoscaling/v2"
        raise InvalidPolicyError([Fault(what="holds no policy", source=str(path), hint=hint)])
    return found


def _choose(files: Files, found: Sequence[Candidate]) -> Candidate:
    """Give the policy that is meant."""
    name = files.name
    named = [one for one in found if name in (None, one.policy.key.name, str(one.policy.key))]
    if len(named) == 1:
        return named[0]
    what = f"{len(named)} policies may be meant" if named else f"no policy is named {name}"
    hint = f"the file holds {', '.join(str(one.policy.key) for one in found)}"
    raise InvalidInputError([Fault(what=what, source="--name", hint=hint)])


def _past(files: Files, *, has_history: bool) -> tuple[History, Document] | None:
    if files.memory is None:
        return None
    if has_history:
        what = "the observation has a history already"
        raise InvalidInputError([Fault(what=what, source="--memory", hint="give one of the two")])
    return load_history(files.memory)
