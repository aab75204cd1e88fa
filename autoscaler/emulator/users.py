"""Who may call: users by bearer token, and tokens of service accounts.

Source: apiserver pkg/authentication; kubernetes pkg/serviceaccount.
"""

import base64
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from autoscaler.emulator import errors

AUTHENTICATED: Final = "system:authenticated"
MASTERS: Final = "system:masters"
"""Members may do everything."""
AUDIENCE: Final = "https://kubernetes.default.svc"
"""What a token is for, unless it says otherwise."""
_BEARER: Final = "bearer "


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A caller as the server knows it."""

    name: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_master(self) -> bool:
        return MASTERS in self.groups


ANONYMOUS: Final = User(name="system:anonymous", groups=("system:unauthenticated",))
ADMIN: Final = User(name="admin", groups=(MASTERS, AUTHENTICATED))


class Authenticator:
    """Knows the tokens that are good now."""

    def __init__(self, tokens: dict[str, User]) -> None:
        self._tokens = dict(tokens)
        self._ends: dict[str, datetime] = {}

    def authenticate(self, authorization: str | None, now: datetime, nobody: User) -> User:
        """The caller of a request; ``nobody`` is who calls without a bearer token.

        Raises:
            ApiError: 401 for an unknown or outdated token.
        """
        if authorization is None or not authorization.lower().startswith(_BEARER):
            return nobody
        user = self.user_of(authorization[len(_BEARER) :].strip(), now)
        if user is None:
            raise errors.unauthorized()
        return user

    def user_of(self, token: str, now: datetime) -> User | None:
        """The user of a token; None when it is not good."""
        ends = self._ends.get(token)
        return None if ends is not None and now >= ends else self._tokens.get(token)

    def issue(self, *, namespace: str, account: str, uid: str, token_id: UUID, ends: datetime) -> str:
        """A new token of a service account, good until ``ends``."""
        name = f"system:serviceaccount:{namespace}:{account}"
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
        extra = {"authentication.kubernetes.io/credential-id": [f"JTI={token_id}"]}
        token = base64.urlsafe_b64encode(f"{name}/{token_id}".encode()).decode().rstrip("=")
        self._tokens[token] = User(name=name, uid=uid, groups=groups, extra=extra)
        self._ends[token] = ends
        return token
