"""Asks a running controller, over HTTP, for what `run` serves on its explain address."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from autoscaler.cli.errors import usage_error

if TYPE_CHECKING:
    from autoscaler.config.status_record import StatusDocument
    from autoscaler.control.past import Past
    from autoscaler.model.policy import PolicyKey
    from autoscaler.model.time import Instant

_PATIENCE: Final = 30.0  #: a decision of long ago is looked up in the controller's journal [s]
_EVERYWHERE: Final = ("", "0.0.0.0", "::")  #: addresses to listen at, not to ask
_FORWARD: Final = "kubectl -n autoscaler port-forward deploy/autoscaler 8081"

UrlOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="The running controller to ask.  [default: http://127.0.0.1:8081]"),
]
TokenOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--token-file", metavar="FILE", help="Its token, where it wants one (http.explain_token)."),
]


@dataclass(frozen=True, slots=True)
class LiveController:
    """Where a controller answers."""

    url: str
    token: str = ""

    @classmethod
    def at(cls, url: str | None, token_file: Path | None = None) -> LiveController:
        """Find it: by its address, else where the settings of this environment say.

        Raises:
            typer.BadParameter: the address or the token's file cannot be used.
        """
        from autoscaler.config.settings_load import load_settings

        http = load_settings({}, environment=os.environ).settings.http
        if url is None:
            if http.explain is None:
                hint = "give --url, or --journal FILE"
                raise usage_error("http.explain is off in this environment", option="--url", hint=hint)
            host = http.explain.host
            url = f"http://{http.explain._replace(host='127.0.0.1' if host in _EVERYWHERE else host)}"
        if not url.startswith(("http://", "https://")):
            raise usage_error(f"{url!r} is no address", option="--url", hint="such as http://127.0.0.1:8081")
        file = token_file or http.explain_token
        return cls(url.rstrip("/"), "" if file is None else _token(file))

    def status(self) -> StatusDocument:
        """Give the state of every policy.

        Raises:
            UnreachableError: no controller answers there.
            NoDataError: this replica stands by.
        """
        import msgspec

        from autoscaler.config.status_record import StatusDocument
        from autoscaler.model.errors import NoDataError, UnreachableError

        try:
            document = msgspec.json.decode(self._get("/status"), type=StatusDocument)
        except msgspec.MsgspecError as error:
            raise UnreachableError(f"{self.url}: not the answer of a controller of this version: {error}") from error
        if document.leader is not None:
            hint = "hint: ask that one; kubectl port-forward takes pod/NAME too"
            raise NoDataError(f"this replica stands by; the one that leads: {document.leader}\n  {hint}")
        return document

    def past(self, key: PolicyKey, at: str | None) -> tuple[Past, Instant]:
        """Give the last pass of a policy, or the last one by ``at``; the second value is the controller's present.

        Raises:
            UnreachableError: no controller answers there.
            NoDataError: it knows no such pass.
        """
        from urllib.parse import quote

        from autoscaler.adapters.journal.codec import CodecError
        from autoscaler.daemon.explanations import unpacked
        from autoscaler.model.errors import UnreachableError

        query = "" if at is None else f"?at={quote(at)}"
        body = self._get(f"/pass/{quote(key.namespace, safe='')}/{quote(key.name, safe='')}{query}")
        try:
            return unpacked(body)
        except CodecError as error:
            hint = "hint: use the program of the controller's version: kubectl exec into its pod"
            raise UnreachableError(f"{self.url}: {error}\n  {hint}") from error

    def _get(self, path: str) -> bytes:
        """Ask. No proxy is used: an address of this machine means this machine."""
        from http.client import HTTPException
        from urllib.error import HTTPError, URLError
        from urllib.request import ProxyHandler, Request, build_opener

        from autoscaler.model.errors import UnreachableError

        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            with build_opener(ProxyHandler({})).open(
                Request(self.url + path, headers=headers), timeout=_PATIENCE
            ) as got:
                body: bytes = got.read()
                return body
        except HTTPError as error:
            raise _refused(self.url, error.code, error.read()) from error
        except (URLError, HTTPException, OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            what = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
            hint = f"in a cluster: {_FORWARD}; of the past: --journal FILE"
            raise UnreachableError(f"no controller answers at {self.url}: {what}\n  hint: {hint}") from error


def _refused(url: str, code: int, body: bytes) -> Exception:
    """Say what an answer other than 200 means."""
    import msgspec

    from autoscaler.model.errors import NoDataError, UnreachableError

    try:
        told = msgspec.json.decode(body, type=dict[str, str])["error"]
    except (msgspec.MsgspecError, KeyError):
        told = ""
    if code == 400 and told:
        return usage_error(told, option="--at")
    if told:
        return NoDataError(told)
    hints = {
        401: "it wants a token: --token-file FILE",
        403: "reach it by 127.0.0.1 or localhost, as kubectl port-forward does",
        404: "is that http.explain, and a controller of this version? 8080 serves probes and metrics",
    }
    hint = f"\n  hint: {hints[code]}" if code in hints else ""
    return UnreachableError(f"{url} answers {code}{hint}")


def _token(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else "not text"
        raise usage_error(f"{file}: {what}", option="--token-file") from error
