"""The examples in the docs, made by running them: ``python -m tests.docs.console --write`` puts in what is printed now.

Three kinds of blocks are filled in: ``console`` blocks that begin with ``$ autoscaler ...``, the block after
``<!-- file: PATH -->``, which shows that file, and what is between ``<!-- fields: scenario -->`` and ``<!-- end -->``: tables
of all fields of a scenario, from its schema.
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
from autoscaler.config.scenario import Scenario
from autoscaler.config.schema_fields import FieldRow, field_rows

ROOT = Path(__file__).parents[2]
_COMMAND = re.compile(
    r"(```console\n\$ autoscaler (?P<arguments>[^\n]*)\n)(?P<printed>.*?)(?=^```$)", re.DOTALL | re.MULTILINE
)
_FILE = re.compile(r"(<!-- file: (?P<path>\S+) -->\n```\w+\n)(?P<shown>.*?)(?=^```$)", re.DOTALL | re.MULTILINE)

_FIELDS = re.compile(r"(<!-- fields: scenario -->\n)(?P<listed>.*?)(?=^<!-- end -->$)", re.DOTALL | re.MULTILINE)


def pages() -> list[Path]:
    """Pages with blocks to fill in."""
    found = sorted([*ROOT.glob("docs/**/*.md"), ROOT / "README.md"])
    return [page for page in found if _COMMAND.search(page.read_text()) or _FILE.search(page.read_text())]


def filled(text: str) -> str:
    """The page with every block as it should be. The current directory is the project's."""
    text = _FILE.sub(lambda found: found[1] + Path(found["path"]).read_text(), text)
    text = _FIELDS.sub(lambda found: found[1] + _scenario_fields(), text)
    return _COMMAND.sub(lambda found: found[1] + _printed(found["arguments"]), text)


def _scenario_fields() -> str:
    """Tables of fields, one for each section of a scenario, the one at its top first."""
    rows = field_rows(Scenario.model_json_schema())
    sections: dict[str, list[FieldRow]] = {"": []}
    for row in rows:
        top = row.path.partition(".")[0]
        has_fields = any(other.path.startswith(f"{top}.") for other in rows)
        sections.setdefault(top if has_fields else "", []).append(row)
    return "\n".join(_section(name, found) for name, found in sections.items())


def _section(name: str, rows: list[FieldRow]) -> str:
    head = f"\n### `{name}`\n\n{rows[0].meaning}\n" if name else ""
    listed = "\n".join(
        f"| `{row.path.removeprefix(f'{name}.')}` | {row.meaning} |" for row in (rows[1:] if name else rows)
    )
    return f"{head}\n| field | means |\n|---|---|\n{listed}\n"


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
