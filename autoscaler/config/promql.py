"""What a PromQL query reads, and the queries beside it that tell how old its data is and how much of it is there.

An instant query's answer carries the time at which it was evaluated, never that of its data: a server that was away for
a minute, or an exporter that died under a ``rate()``, gives an old number that looks fresh. The samples' own times have
to be asked for.

Only selectors are looked for, in the query's own text: whether the whole makes sense is for the server to say, whose
functions differ by release and make.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

#: How long a source that served one of the series counts as one that should go on serving it.
_SERVED_WITHIN: Final = "15m"
#: Calls that have an answer because there is no series.
_OF_ABSENCE: Final = frozenset({"absent", "absent_over_time"})
#: Words followed by a list of labels in parentheses.
_BEFORE_LABELS: Final = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_WORDS: Final = _BEFORE_LABELS | {"and", "or", "unless", "atan2", "bool", "offset", "inf", "nan"}
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}
_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
    |(?P<number>0[xX][0-9a-fA-F]+|(?:[0-9]+(?:ms|[smhdwy]))+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<word>[a-zA-Z_:][a-zA-Z0-9_:]*)
    |(?P<sign>=~|!~|==|!=|<=|>=|[-+*/%^=<>@(){}\[\],:])""",
    re.VERBOSE,
)


class PromqlError(ValueError):
    """The query cannot be read, or does not tell what it was asked for."""


@dataclass(frozen=True, slots=True)
class Selector:
    """A selector as it is written, without range, and the metric's name where it stands before the braces."""

    text: str
    name: str


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def selectors_of(query: str) -> tuple[Selector, ...]:
    """Give every selector of present data in ``query``, each once, in the order written.

    Selectors that ask about the past (``offset``, ``@``) and those of which the absence is asked for are left out.

    >>> [one.text for one in selectors_of('sum(rate(a{x="1"}[1m])) / scalar(count(b)) + sum by (c) (d offset 1d)')]
    ['a{x="1"}', 'b']

    Raises:
        PromqlError: a bracket or a text does not end, or a character means nothing.
    """
    return tuple(dict.fromkeys(_Scan(query, tuple(_tokens(query))).run()))


def age_query(query: str) -> str:
    """Give the query for the age [s] of the data of ``query``: of several selectors the oldest counts, and all must be there.

    >>> age_query('sum(rate(a_total[1m]))')
    'time() - max(timestamp(a_total))'

    Raises:
        PromqlError: it cannot be read, or names no series.
    """
    selectors = selectors_of(query)
    if not selectors:
        raise PromqlError("it names no series of the present, so the age of its data cannot be told")
    newest = [f"max(timestamp({selector.text}))" for selector in selectors]
    if len(newest) == 1:
        return f"time() - {newest[0]}"
    # Each gets a label of its own: vectors without labels would be one and the same for `or`.
    apart = [f'label_replace({one}, "selector", "{number}", "", "")' for number, one in enumerate(newest)]
    return " and ".join([f"time() - min({' or '.join(apart)})", *newest])


def coverage_query(query: str) -> str:
    """Give the query for the share of the scrape targets behind ``query`` that are up; empty where it names no series.

    Targets that served one of its series within the last quarter of an hour count. Of series that do not come straight
    from a scrape (recording rules, remote write) there is no such target, and the answer is empty: not known.

    Raises:
        PromqlError: it cannot be read.
    """
    served = [f"last_over_time({selector.text}[{_SERVED_WITHIN}])" for selector in selectors_of(query)]
    return f"avg(up and on (job, instance) ({' or '.join(served)}))" if served else ""


def metric_names(query: str) -> tuple[str, ...]:
    """Give the metric names that ``query`` selects, as far as they stand before the braces; none where it is broken."""
    try:
        return tuple(dict.fromkeys(selector.name for selector in selectors_of(query) if selector.name))
    except PromqlError:
        return ()


def _tokens(query: str) -> Iterator[_Token]:
    at = 0
    while at < len(query):
        match = _TOKEN.match(query, at)
        if match is None:
            what = "a text does not end" if query[at] in "\"'`" else f"{query[at]!r} means nothing"
            raise PromqlError(f"{what} (character {at + 1})")
        if match.lastgroup != "space":
            yield _Token(match.lastgroup or "", match[0], at, match.end())
        at = match.end()


@dataclass(slots=True)
class _Scan:
    """Goes through the tokens once. ``opened``: where each open parenthesis stands, and how many were found before it."""

    query: str
    tokens: Sequence[_Token]
    found: list[Selector] = field(default_factory=list)
    opened: list[tuple[int, int]] = field(default_factory=list)
    at: int = 0
    last_group: int | None = None  #: how many had been found before the group that was closed just now

    def run(self) -> list[Selector]:
        while self.at < len(self.tokens):
            token, group = self.tokens[self.at], self.last_group
            self.last_group = None
            match token.text:
                case "(":
                    self.opened.append((self.at, len(self.found)))
                    self.at += 1
                case ")":
                    self._close(token)
                case "[":
                    self._subquery(group)
                case "]" | "}":
                    raise PromqlError(f"{token.text} closes nothing (character {token.start + 1})")
                case _ if token.text == "{" or token.kind == "word":
                    self._word(token)
                case _:
                    self.at += 1
        if self.opened:
            raise PromqlError(f"( is never closed (character {self.tokens[self.opened[-1][0]].start + 1})")
        return self.found

    def _close(self, token: _Token) -> None:
        if not self.opened:
            raise PromqlError(f") closes nothing (character {token.start + 1})")
        begin, before = self.opened.pop()
        if begin and self.tokens[begin - 1].text in _OF_ABSENCE:
            del self.found[before:]
        self.last_group = before
        self.at += 1

    def _subquery(self, group: int | None) -> None:
        """Pass over a range; of what is asked about the past, nothing counts that stands in the group before it."""
        self.at = self._after_bracket(self.at)
        if group is not None and self._is_past():
            del self.found[group:]

    def _word(self, token: _Token) -> None:
        following = self._text(self.at + 1)
        lower = token.text.lower()
        if lower in _BEFORE_LABELS:
            self.at = self._after_bracket(self.at + 1) if following == "(" else self.at + 1
        elif lower in _WORDS or following == "(" or following.lower() in ("by", "without"):
            self.at += 1  # an operator, a function or an aggregation
        else:
            self._selector(token)

    def _selector(self, token: _Token) -> None:
        name = "" if token.text == "{" else token.text
        braces = self.at if not name else self.at + 1
        self.at += 1
        if self._text(braces) == "{":
            self.at = self._after_bracket(braces)
        text = self.query[token.start : self.tokens[self.at - 1].end]
        if self._text(self.at) == "[":
            self.at = self._after_bracket(self.at)
        if not self._is_past():
            self.found.append(Selector(text, name))

    def _after_bracket(self, at: int) -> int:
        """Give the place after the bracket that closes the one at ``at``; none of these holds another of its kind."""
        opening = self.tokens[at]
        for place in range(at + 1, len(self.tokens)):
            if _PAIRS.get(self.tokens[place].text) == opening.text:
                return place + 1
        raise PromqlError(f"{opening.text} is never closed (character {opening.start + 1})")

    def _is_past(self) -> bool:
        return self._text(self.at).lower() in ("offset", "@")

    def _text(self, at: int) -> str:
        return self.tokens[at].text if at < len(self.tokens) else ""
