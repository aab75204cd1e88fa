"""Action steps: what was done to the surroundings of the server, not through its API."""

from autoscaler.emulator.api_server import ApiServer
from autoscaler.model.json_types import JsonObject


class Surroundings:
    """The emulator's own switches behind the recorded actions."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api

    def act(self, step: JsonObject) -> None:
        """Do one action step."""
        match step["action"]:
            case "expire_history":
                self._api.store.storage.expire_history()
            case unknown:
                raise ValueError(f"unknown action {unknown!r}")
