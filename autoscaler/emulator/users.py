"""Who may call: users by bearer token.

Source: apiserver pkg/authentication/user and token.
"""

from dataclasses import dataclass, field

AUTHENTICATED = "system:authenticated"
MASTERS = "system:masters"
"""Members may do everything."""


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


ANONYMOUS = User(name="system:anonymous", groups=("system:unauthenticated",))
ADMIN = User(name="admin", groups=(MASTERS, AUTHENTICATED))
