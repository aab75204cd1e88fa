"""The examples in the docs, made by running them: ``python -m tests.docs.console --write`` puts in what is printed now.

Two kinds of blocks are filled in: ``console`` blocks that begin with ``$ autoscaler ...``, and the block after
``<!-- file: PATH -->``, which shows that file.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from autoscaler.cli.app import run

ROOT = Path(__file__).parents[2]
_COMMAND = re.compile(
    r"(```console\n\$ autoscaler (?P<arguments>[^\n]*)\n)(?P<printed>.*?)(?=^```$)", re.DOTALL | re.MULTILINE
)
_FILE = re.compile(r"(<!-- file: (?P<path>\S+) -->\n```\w+\n)(?P<shown>.*?)(?=^```$)", re.DOTALL | re.MULTILINE)


def pages() -> list[Path]:
    """Pages with blocks to fill in."""
    found = sorted([*ROOT.glob("docs/**/*.md"), ROOT / "README.md"])
    return [page for page in found if _COMMAND.search(page.read_text()) or _FILE.search(page.read_text())]


def filled(text: str) -> str:
    """The page with every block as it should be. The current directory is the project's."""
    text = _FILE.sub(lambda found: found[1] + Path(found["path"]).read_text(), text)
    return _COMMAND.sub(lambda found: found[1] + _printed(found["arguments"]), text)


def _printed(arguments: str) -> str:
    output, errors = io.StringIO(), io.StringIO()
    bare = {name: value for name, value in os.environ.items() if not name.startswith("AUTOSCALER_")}
    with redirect_stdout(output), redirect_stderr(errors), mock.patch.dict(os.environ, bare, clear=True):
        run(shlex.split(arguments))
    return output.getvalue() + errors.getvalue()


def main() -> None:
    """Fill in every page, or say which ones are out of date."""
    for page in pages():
        text = page.read_text()
        if filled(text) == text:
            continue
        if "--write" in sys.argv:
            page.write_text(filled(text))
        sys.stdout.write(f"{page.relative_to(ROOT)} {'written' if '--write' in sys.argv else 'is out of date'}\n")


if __name__ == "__main__":
    main()
