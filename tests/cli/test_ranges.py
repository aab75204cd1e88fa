"""``--scale-to LO:HI``."""

from __future__ import annotations

import pytest
import typer

from autoscaler.cli.ranges import rate_range


def test_reads_two_rates() -> None:
    assert rate_range("--scale-to", "10:1e4") == (10.0, 10_000.0)
    assert rate_range("--scale-to", "10:10,000") == (10.0, 10_000.0)


@pytest.mark.parametrize("text", ["", "10", "10:", ":10", "a:b", "10:5", "-1:5", "1:inf", "nan:5", "1:2:3", "1-2"])
def test_refuses_anything_else_and_says_what_to_write(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"--scale-to: .*\n  hint: write LO:HI, such as 10:10000"):
        rate_range("--scale-to", text)
