"""Judge the simulator: ``python -m tests.validity [--quick] [--only TEXT]``.

Runs every check (minutes), says how each went, and writes the table of docs/simulator-validity.md. ``--quick`` makes the
runs that the tests make; ``--only`` takes the checks with TEXT in their name. Either leaves the page as it is. The traffic
to compare on is in $AUTOSCALER_TRACES (default: ../shared/traces). Exit code 1: a check fails.
"""

from __future__ import annotations

import argparse
import sys

from tests.validity.check import Finding, MachineBusyError
from tests.validity.table import CHECKS, PAGE, markdown, with_table


def main() -> int:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller runs, as in CI; the page stays as it is")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="checks with this in their name; the page stays as it is"
    )
    options = parser.parse_args()
    rows = []
    for check in CHECKS:
        if options.only not in check.name:
            continue
        try:
            finding = check.run(options.quick)
        except MachineBusyError as error:
            finding = Finding("not judged", str(error), holds=False)
        rows.append((check, finding))
        verdict = "holds" if finding.holds else "FAILS"
        sys.stderr.write(f"{verdict}  {check.name}: {finding.found} for {finding.reference}, {check.accepted}\n")
        sys.stderr.flush()
    if not options.quick and not options.only:
        PAGE.write_text(with_table(PAGE.read_text(), markdown(rows)))
    return 0 if all(finding.holds for _, finding in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
