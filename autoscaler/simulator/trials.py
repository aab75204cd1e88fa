"""Policies by seeds: every policy of a scenario played under the same seeds, so that they can be compared in pairs."""

from __future__ import annotations

from dataclasses import dataclass

from autoscaler.simulator.inputs import Inputs
from autoscaler.simulator.intervals import Estimate
from autoscaler.simulator.measures import measure
from autoscaler.simulator.result import Result
from autoscaler.simulator.sample import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTrials:
    """One policy's results in the order of seeds. Those of an interrupted run are the last and not complete."""

    policy: str
    results: tuple[Result, ...]
    is_reference: bool = False  #: nobody can have it; it is there to measure the others by

    @property
    def counted(self) -> tuple[Result, ...]:
        """The results that count: complete ones; where there are none, what was played."""
        return tuple(result for result in self.results if result.is_complete) or self.results

    def sample(self) -> Sample:
        """Give the measures of the results that count, by seed."""
        counted = self.counted
        partial = [result.inputs.duration for result in counted if not result.is_complete]
        return Sample(
            policy=self.policy,
            runs={result.inputs.scenario.seed: measure(result.score) for result in counted},
            is_reference=self.is_reference,
            played=min(partial, default=None),
            served=counted[0].inputs.scenario.served if counted else "requests",
        )

    def estimate(self, key: str) -> Estimate:
        """Give the mean of a measure (a key of ``measures.MEASURES``) over the seeds, with its 95 % interval."""
        return self.sample().estimate(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """One scenario: ``inputs`` of its first seed, the ``seeds`` that were asked for, and each policy's results.

    ``policies`` holds, in the order they were given, those of which there is any result; the references come last.
    """

    inputs: Inputs
    seeds: tuple[int, ...]
    policies: tuple[PolicyTrials, ...]

    @property
    def is_complete(self) -> bool:
        """Tell whether every policy was played to the end under every seed."""
        return bool(self.policies) and all(
            len(each.results) == len(self.seeds) and all(result.is_complete for result in each.results)
            for each in self.policies
        )

    @property
    def contenders(self) -> tuple[PolicyTrials, ...]:
        """The policies that one could have."""
        return tuple(each for each in self.policies if not each.is_reference)

    @property
    def references(self) -> tuple[PolicyTrials, ...]:
        """The policies to measure by."""
        return tuple(each for each in self.policies if each.is_reference)

    def samples(self) -> tuple[Sample, ...]:
        """Give every policy's measures by seed."""
        return tuple(each.sample() for each in self.policies)

    def difference(self, policy: PolicyTrials, key: str) -> Estimate:
        """Give how much more ``policy`` has of a measure than the first one, paired by seed, with its 95 % interval."""
        return policy.sample().difference(key, self.policies[0].sample())
