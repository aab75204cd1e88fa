"""C89: queueing is right. The mean wait of M/M/c is Erlang's within 2 % at low, usual and high use."""

from __future__ import annotations

import pytest

from tests.validity.closed_forms import C89


@pytest.mark.parametrize("form", [pytest.param(form, id=f"use-{form.queue.use}") for form in C89])
def test_c89_the_mean_wait_of_mmc_is_erlangs(form):
    finding = form.judge(True)
    assert finding.holds, f"{finding.found} for {finding.reference}, within {form.within:.0%}"
