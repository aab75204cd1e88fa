"""Says in plain words what the YAML parser stumbled over, and what usually mends it."""

from __future__ import annotations

from typing import Final

import yaml

from autoscaler.model.errors import Fault

_TAB: Final = ("a tab is used for indentation", "indent with spaces only")
_RESERVED: Final = "a value that begins with one of @ ` % & * ! | > needs quotes"
_HINTS: Final[dict[str, tuple[str, str]]] = {
    "mapping values are not allowed in this context": (
        "a `:` where no key can stand",
        "check this line's indentation; quote a text that holds `: `",
    ),
    "block sequence entries are not allowed in this context": (
        "a list item (`- `) where none can stand",
        "start the list on its own line below the key",
    ),
    "could not find expected ':'": (
        "a key without `:`",
        "write `key: value`; check the indentation of this and the line above",
    ),
    "did not find expected key": (
        "the indentation does not match the lines above",
        "line up the keys of one mapping; quote a text that holds quotes",
    ),
    "did not find expected '-' indicator": (
        "the indentation does not match the list above",
        "line up the items of one list; a key after a list goes back to its parent's column",
    ),
    "found character that cannot start any token": ("a character that cannot begin a value", _RESERVED),
    "found unknown escape character": ("an unknown escape after `\\`", "use single quotes: no escapes are read there"),
    "found invalid Unicode character escape code": (
        "an escape that stands for no character",
        "write the character itself instead of its \\u escape",
    ),
    "did not find expected <document start>": (
        "text after the end of the document",
        "put `---` on a line of its own between two documents",
    ),
    "did not find expected node content": (
        "a value is missing",
        "close every [ and {; write a value between commas",
    ),
    "found incompatible YAML document": ("a YAML version we do not know", "remove the %YAML line"),
    "found unexpected end of stream": ("the document ends inside a quoted text", "close the quote that opens here"),
    "found unexpected document indicator": (
        "the document ends inside a quoted text",
        "close the quote that opens here",
    ),
}


def explain(error: yaml.MarkedYAMLError, *, source: str, first_line: int, lines: list[str]) -> Fault:
    """Turn the parser's error about one document into a fault.

    ``first_line`` is the document's first line in its file, ``lines`` the document's own text.
    """
    problem = error.problem or "not YAML"
    index = error.problem_mark.line if error.problem_mark else 0
    if kind := _unclosed(error):
        what, hint = kind, "close it, or quote a text that begins with [ or {"
        index = error.context_mark.line if error.context_mark else index
    elif index < len(lines) and _is_tab_indented(lines[index]):
        what, hint = _TAB
    else:
        what, hint = _HINTS.get(problem, (f"not YAML: {problem}", ""))
    last = max((number for number, line in enumerate(lines) if line.strip()), default=0)
    index = min(index, last)  # the parser counts rarer line breaks too, and reports a missing end past the end
    return Fault(what=what, source=source, line=first_line + index, hint=hint)


def _unclosed(error: yaml.MarkedYAMLError) -> str:
    kinds = {
        "did not find expected ',' or ']'": "unclosed list `[`",
        "did not find expected ',' or '}'": "unclosed mapping `{`",
    }
    return kinds.get(error.problem or "", "")


def _is_tab_indented(line: str) -> bool:
    indent = line[: len(line) - len(line.lstrip())]
    return "\t" in indent
