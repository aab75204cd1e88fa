"""What is wrong with a YAML text, in the words of the Go parser that the API server reads with.

Source: sigs.k8s.io/yaml goyaml.v2, decode.go (parser.fail), parserc.go, scannerc.go.
"""

from typing import Final

import yaml
from yaml.scanner import ScannerError

_WORDS: Final = (
    ("expected the node content", "did not find expected node content"),
    ("expected ',' or ']'", "did not find expected ',' or ']'"),
    ("expected ',' or '}'", "did not find expected ',' or '}'"),
    ("expected '<document start>'", "did not find expected <document start>"),
    ("mapping values are not allowed", "mapping values are not allowed in this context"),
    ("could not find expected ':'", "could not find expected ':'"),
    ("that cannot start any token", "found character that cannot start any token"),
    ("found unexpected end of stream", "found unexpected end of stream"),
)
_BLOCK_ENDS: Final = {
    "while parsing a block mapping": "did not find expected key",
    "while parsing a block collection": "did not find expected '-' indicator",
}


def yaml_fault(fault: yaml.YAMLError) -> str:
    """The fault as the server tells it: ``yaml: line 2: did not find expected key``."""
    if not isinstance(fault, yaml.MarkedYAMLError):
        return f"yaml: {fault}"
    marks = [mark.line for mark in (fault.problem_mark, fault.context_mark) if mark is not None and mark.line]
    line = marks[0] + isinstance(fault, ScannerError) if marks else 0
    place = f"line {line}: " if line else ""
    return f"yaml: {place}{_words(fault)}"


def _words(fault: yaml.MarkedYAMLError) -> str:
    problem = fault.problem or ""
    if problem.startswith("expected <block end>"):
        return _BLOCK_ENDS.get(fault.context or "", problem)
    return next((words for part, words in _WORDS if part in problem), problem)
