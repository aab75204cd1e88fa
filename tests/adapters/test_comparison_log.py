"""The comparison log: what is written is read again, whatever the disk and a crash did in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoscaler.adapters.comparison_log import ComparisonLog, read_comparisons
from autoscaler.model.comparison import Said, Tally, Verdict
from autoscaler.model.policy import PolicyKey
from autoscaler.model.time import SECOND

KEY = PolicyKey(namespace="shop", name="web")
AGREED = Tally(key=KEY, verdict=Verdict.AGREED, first=1_700_000_000 * SECOND, last=1_700_000_900 * SECOND, passes=61)
DIFFERING = Tally(
    key=KEY,
    verdict=Verdict.REPLICAS,
    first=1_700_000_000 * SECOND,
    last=1_700_000_000 * SECOND,
    passes=1,
    ours=Said(current=2, desired=3, conditions=("AbleToScale=True SucceededRescale",), measured=("75%",), why="cpu"),
    theirs=Said(current=2, desired=2, why='said "no"\n'),
)
LARGE = 10**9


def numbers(tallies: list[Tally]) -> list[int]:
    return [tally.passes for tally in tallies]


def counted(passes: int) -> Tally:
    return Tally(key=KEY, verdict=Verdict.AGREED, first=0, last=0, passes=passes)


def test_what_is_appended_is_read_again_also_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "made" / "comparisons.jsonl"
    ComparisonLog(path, limit=LARGE).append([AGREED])
    ComparisonLog(path, limit=LARGE).append([DIFFERING])

    assert read_comparisons(path) == ([AGREED, DIFFERING], [])
    assert path.read_text().splitlines()[0] == (
        '{"namespace":"shop","policy":"web","verdict":"agreed","first":"2023-11-14T22:13:20Z",'
        '"last":"2023-11-14T22:28:20Z","passes":61}'
    )


def test_full_files_are_numbered_and_the_oldest_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "comparisons.jsonl"
    log = ComparisonLog(path, limit=4)  # each file is full after one row
    for passes in range(1, 7):
        log.append([counted(passes)])

    assert sorted(file.name for file in tmp_path.iterdir()) == [f"comparisons.jsonl.{number}" for number in (1, 2, 3)]
    assert numbers(read_comparisons(path)[0]) == [4, 5, 6]
    ComparisonLog(path, limit=LARGE).append([counted(7)])
    assert numbers(read_comparisons(path)[0]) == [4, 5, 6, 7]


def test_a_line_that_a_crash_tore_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "comparisons.jsonl"
    log = ComparisonLog(path, limit=LARGE)
    log.append([counted(1)])
    with path.open("a") as file:
        file.write('{"namespace":"shop","poli')
    log.append([counted(2)])

    tallies, [fault] = read_comparisons(path)

    assert numbers(tallies) == [1, 2]
    assert (fault.source, fault.line) == (str(path), 2)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param('{"namespace":"shop"}', id="fields-are-missing"),
        pytest.param("\x00\xff", id="garbage"),
        pytest.param("[]", id="no-object"),
        pytest.param(
            '{"namespace":"a","policy":"b","verdict":"agreed","first":"soon","last":"soon","passes":1}', id="no-time"
        ),
        pytest.param(
            '{"namespace":"a","policy":"b","verdict":"other","first":"2023-11-14T22:13:20Z",'
            '"last":"2023-11-14T22:13:20Z","passes":1}',
            id="a-verdict-of-a-later-version",
        ),
        pytest.param(
            '{"namespace":"a","policy":"b","verdict":"agreed","first":"2023-11-14T22:13:20Z",'
            '"last":"2023-11-14T22:13:20Z","passes":1,"version":2}',
            id="a-later-version",
        ),
    ],
)
def test_lines_that_are_no_comparisons_are_told_and_passed_over(tmp_path: Path, line: str) -> None:
    path = tmp_path / "comparisons.jsonl"
    path.write_text(f"{line}\n")
    ComparisonLog(path, limit=LARGE).append([AGREED])

    tallies, [fault] = read_comparisons(path)

    assert tallies == [AGREED]
    assert fault.line == 1


def test_no_such_log(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_comparisons(tmp_path / "none.jsonl")
