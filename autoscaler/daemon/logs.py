"""Logs: one JSON object per line on stderr (or readable lines for a terminal), UTC, with everybody's in one stream."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRET_KEYS = frozenset({"authorization", "token", "password", "secret", "api_key"})
_CREDENTIAL = re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_USERINFO = re.compile(r"://[^/@\s\"']+@")

Format = Literal["json", "console"]


def set_up(*, level: str, style: Format, stream: TextIO | None = None) -> None:
    """Send our logs and those of the libraries to ``stream`` (stderr), at ``level`` and above."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        structlog.processors.UnicodeDecoder(),
        redact,
    ]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_ending(style, stream)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # The scheduler tells of every job, the HTTP server of every probe, the client of datasources of every query.
    for chatty in ("apscheduler", "aiohttp.access", "asyncio", "httpx"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def redact(logger: WrappedLogger, method: str, entry: EventDict) -> EventDict:
    """Take out what looks like a credential, wherever it stands: fields by name, texts by shape."""
    for key, value in entry.items():
        if key.lower() in _SECRET_KEYS:
            entry[key] = "***"
        elif isinstance(value, str):
            entry[key] = _USERINFO.sub("://***@", _CREDENTIAL.sub(r"\1 ***", value))
    return entry


def _printable(logger: WrappedLogger, method: str, entry: EventDict) -> EventDict:
    """Show control characters as escapes: a message from elsewhere must not move the reader's cursor."""
    for key, value in entry.items():
        if isinstance(value, str) and not value.isprintable():
            entry[key] = "".join(c if c.isprintable() else repr(c)[1:-1] for c in value)
    return entry


def _ending(style: Format, stream: TextIO | None) -> list[Processor]:
    if style == "console":
        colors = (stream or sys.stderr).isatty()
        return [_printable, structlog.dev.ConsoleRenderer(colors=colors, timestamp_key="ts")]
    return [structlog.processors.format_exc_info, _in_order, structlog.processors.JSONRenderer(sort_keys=False)]


def _in_order(logger: WrappedLogger, method: str, entry: EventDict) -> EventDict:
    """Put what everybody looks for first: time, level, logger, message."""
    ordered: dict[str, Any] = {
        "ts": entry.pop("ts", None),
        "level": entry.pop("level", method),
        "logger": entry.pop("logger", None),
        "msg": entry.pop("event", ""),
    }
    return ordered | dict(entry)
