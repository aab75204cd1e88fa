"""Where the recorded sequences are, and what they hold."""

import json
import os
from pathlib import Path
from typing import Final

from autoscaler.model.json_types import JsonObject

DEFAULT_FOLDER: Final = Path(__file__).parents[2] / "../shared/apiserver"


def folder() -> Path:
    """The folder of recorded data: ``AUTOSCALER_API_SEQUENCES``, or the one beside the project."""
    return Path(os.environ.get("AUTOSCALER_API_SEQUENCES") or DEFAULT_FOLDER)


def load(path: Path) -> JsonObject:
    """A recorded file; an absent one is empty."""
    if not path.exists():
        return {}
    data: JsonObject = json.loads(path.read_text(encoding="utf-8"))
    return data
