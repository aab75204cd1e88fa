"""What `autoscaler doctor` finds about the kill switch."""

from __future__ import annotations

from autoscaler.adapters.kubernetes.errors import KubernetesError
from autoscaler.adapters.notes import UnreadableNoteError
from autoscaler.config.halt_document import InvalidHaltError, print_second, read_halt
from autoscaler.daemon.clock import Clock
from autoscaler.daemon.doctor import Diagnosis, error
from autoscaler.daemon.halts import Note

_CHECK = "kill switch"


async def examine_switch(note: Note | None, clock: Clock) -> list[Diagnosis]:
    """Say whether writes are halted, by whom and why; nothing where no switch is set up."""
    if note is None:
        return []
    try:
        fields = await note.read()
        halt = None if fields is None else read_halt(fields)
    except (KubernetesError, OSError) as failure:
        return [error(_CHECK, f"cannot be read, so nothing is written: {failure}", f"make {note} readable")]
    except (InvalidHaltError, UnreadableNoteError) as failure:
        fix = f"mend {note}, or: autoscaler resume --reason ..."
        return [error(_CHECK, f"is there but not clear, which counts as thrown: {failure}", fix)]
    if halt is None or halt.is_over(clock.now()):
        return [Diagnosis(check=_CHECK, what=f"writes are not halted ({note})")]
    lasting = "" if halt.until is None else f" until {print_second(halt.until)}"
    what = f"writes are halted{lasting} by {halt.author}: {halt.reason}"
    return [error(_CHECK, what, "autoscaler resume --reason ...")]
