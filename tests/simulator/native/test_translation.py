"""Compiled functions give what the same functions give as they are; what cannot be compiled is refused with its place."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, cast

import numpy as np
import pytest

from autoscaler.simulator.native.compiled import IS_COMPILED, Compiled
from autoscaler.simulator.native.kinds import NotCompilableError
from autoscaler.simulator.native.program import translate
from tests.simulator.native import small_programs as programs

pytestmark = pytest.mark.skipif(not IS_COMPILED, reason="needs llvmlite")


def compiled(function: Callable[..., Any], **settings: int) -> Callable[..., Any]:
    return Compiled(function, settings)


@pytest.mark.parametrize(
    "function",
    [
        programs.counts_down, programs.loops, programs.swaps, programs.chooses, programs.several, programs.mathematics,
        programs.reads_bits, programs.looks_up,
    ],
    ids=lambda function: str(function.__name__),
)  # fmt: skip
def test_numbers_are_the_same_to_the_last_bit(function: Callable[[int, float], float]) -> None:
    machine = compiled(function)
    for n in (0, 1, 3, 9, 40):
        for x in (-2.25, -0.0, 0.0, 1.0, 0.1, 1e-300, 12345.678):
            assert np.float64(machine(n, x)).tobytes() == np.float64(function(n, x)).tobytes(), (n, x)


def test_whole_numbers_without_a_sign_wrap_around() -> None:
    with np.errstate(over="ignore"):
        assert [compiled(programs.mixes)(n, 1.5) for n in (0, 1, 7)] == [programs.mixes(n, 1.5) for n in (0, 1, 7)]


def test_an_extreme_of_equals_is_the_first() -> None:
    assert np.signbit(compiled(programs.chooses)(4, -0.0))
    assert np.isnan(compiled(programs.chooses)(9, np.nan)) == np.isnan(programs.chooses(9, np.nan))


def table() -> programs.Table:
    return programs.Table(
        sums=np.arange(12.0).reshape(4, 3), small=np.full(4, -3, np.int32), counts=np.full((4, 2), 9, np.uint32)
    )


def test_arrays_of_a_record_are_changed_in_place() -> None:
    ours, theirs, rows = table(), table(), np.array([3, 1, 1, 0])
    assert compiled(programs.sums_up)(ours, rows, 0.5) == programs.sums_up(theirs, rows, 0.5)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.tobytes() == other.tobytes()


def test_arrays_are_arguments_too() -> None:
    ours, theirs = (np.array([seed], np.uint64) for seed in (42, 42))
    out, wanted = np.zeros(50), np.zeros(50)
    compiled(programs.draws)(ours, out)
    with np.errstate(over="ignore"):
        programs.draws(theirs, wanted)
    assert out.tolist() == wanted.tolist()
    assert ours == theirs


def test_an_array_is_read_as_other_numbers() -> None:
    assert compiled(programs.remembers_time)(np.array([1.0])) == 1023


def test_what_a_setting_rules_out_is_not_compiled() -> None:
    assert compiled(programs.explains, is_wordy=False)(2.5) == 2.5
    with pytest.raises(NotCompilableError, match="small_programs"):
        compiled(programs.explains)(2.5, False)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (programs.makes_a_list, "List cannot be compiled"),
        (programs.changes_its_mind, "y was INT before and would be FLOAT"),
        (programs.counts_from_the_end, "indices count from the first"),
        (programs.formats, "JoinedStr cannot be compiled"),
    ],
)
def test_a_refusal_tells_file_line_and_reason(function: Callable[..., Any], said: str) -> None:
    with pytest.raises(NotCompilableError, match=rf"tests\.simulator\.native\.small_programs, line \d+: {said}"):
        translate(cast("FunctionType", function), {})


@pytest.mark.parametrize(
    "rows",
    [np.zeros(4, np.int32), np.zeros((4, 1), np.int64), np.zeros(8, np.int64)[::2]],
    ids=["narrow", "two-dimensional", "with-gaps"],
)
def test_an_array_of_another_kind_is_refused(rows: Any) -> None:
    with pytest.raises(TypeError, match="is needed, not"):
        compiled(programs.sums_up)(table(), rows, 0.5)
