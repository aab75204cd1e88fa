"""Did you mean ...? The known word that is nearest to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Give the known word most like ``word``, other capitals counting as the same; ``None`` where none is near."""
    spelled = {candidate.lower(): candidate for candidate in known}
    found = get_close_matches(word.lower(), spelled, n=1, cutoff=0.6)
    return spelled[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Give the hint for a mistyped word: the nearest known one, else a list of all that are allowed."""
    names = list(known)
    guess = nearest(word, names)
    if guess is not None:
        return f"did you mean `{guess}`?"
    return f"allowed here: {', '.join(names)}" if names else ""
