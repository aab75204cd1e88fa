"""Did you mean ...? The known word that is nearest to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_SHOWN = 10  #: names in a hint


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


def which_policy(key: str, known: Iterable[str]) -> str:
    """Give the hint for a policy that there is not: one of its name elsewhere, the nearest, else the first of them."""
    names = sorted(known)
    same = [name for name in names if name.rpartition("/")[2] == key.rpartition("/")[2]]
    guess = same[0] if same else nearest(key, names)
    if guess is not None:
        return f"did you mean {guess}?"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"there are {', '.join(names[:_SHOWN])}{more}" if names else "there is none at all"
