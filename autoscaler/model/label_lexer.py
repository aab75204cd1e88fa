"""The tokens of a label selector written as text.

Source: kubernetes apimachinery pkg/labels/selector.go, Lexer.
"""

from enum import Enum, auto

SPECIAL_SYMBOLS = "=!(),<>"
WHITESPACE = " \t\r\n"


class Token(Enum):
    """Kinds of token."""

    ERROR = auto()
    END = auto()
    CLOSED_PAR = auto()
    COMMA = auto()
    DOES_NOT_EXIST = auto()
    DOUBLE_EQUALS = auto()
    EQUALS = auto()
    GREATER_THAN = auto()
    IDENTIFIER = auto()
    IN = auto()
    LESS_THAN = auto()
    NOT_EQUALS = auto()
    NOT_IN = auto()
    OPEN_PAR = auto()


_LITERALS = {
    ")": Token.CLOSED_PAR,
    ",": Token.COMMA,
    "!": Token.DOES_NOT_EXIST,
    "==": Token.DOUBLE_EQUALS,
    "=": Token.EQUALS,
    ">": Token.GREATER_THAN,
    "in": Token.IN,
    "<": Token.LESS_THAN,
    "!=": Token.NOT_EQUALS,
    "notin": Token.NOT_IN,
    "(": Token.OPEN_PAR,
}


def tokenize(text: str) -> list[tuple[Token, str]]:
    """Tokens with their literal text, ending with one END token."""
    tokens: list[tuple[Token, str]] = []
    position = 0
    while True:
        while position < len(text) and text[position] in WHITESPACE:
            position += 1
        if position == len(text):
            tokens.append((Token.END, ""))
            return tokens
        scan = _symbol if text[position] in SPECIAL_SYMBOLS else _word
        token, literal, position = scan(text, position)
        tokens.append((token, literal))


def _word(text: str, start: int) -> tuple[Token, str, int]:
    end = start
    while end < len(text) and text[end] not in SPECIAL_SYMBOLS and text[end] not in WHITESPACE:
        end += 1
    word = text[start:end]
    return _LITERALS.get(word, Token.IDENTIFIER), word, end


def _symbol(text: str, start: int) -> tuple[Token, str, int]:
    """The longest known symbol that begins at ``start``."""
    known: str | None = None
    end = start
    while end < len(text) and text[end] in SPECIAL_SYMBOLS:
        end += 1
        if text[start:end] in _LITERALS:
            known = text[start:end]
        elif known is not None:
            break
    if known is None:
        return Token.ERROR, f"error expected: keyword found '{text[start:end]}'", end
    return _LITERALS[known], known, start + len(known)
