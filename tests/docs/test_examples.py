"""Every example in the docs prints what the docs say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.console import ROOT, filled, pages


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_the_page_shows_what_is_printed(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("NO_COLOR", "1")
    text = page.read_text()

    assert filled(text) == text, "run: python -m tests.docs.console --write"
