"""CPU seconds of groups of processes, read from /proc, and percentiles of latencies."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> tuple[int, float] | None:
    """Return parent pid and CPU seconds of ``pid``, those of its reaped children included."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return int(fields[1]), sum(int(value) for value in fields[11:15]) / _TICK


def tree_cpu(root: int) -> float:
    """Return CPU seconds of ``root`` and all its descendants."""
    stats = {
        int(entry.name): stat
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and (stat := _stat(int(entry.name)))
    }
    wanted, total = {root}, 0.0
    grew = True
    while grew:
        more = {pid for pid, (parent, _) in stats.items() if parent in wanted} - wanted
        wanted |= more
        grew = bool(more)
    for pid in wanted & stats.keys():
        total += stats[pid][1]
    return total


@dataclass
class Spent:
    """CPU seconds by group during a `measured` block."""

    web: float = 0.0
    worker: float = 0.0
    postgres: float = 0.0


class Processes:
    """The platform's process trees, found by the supervisor's own record."""

    def __init__(self) -> None:
        var = Path(os.environ["BAKERY_VAR"])
        recorded = json.loads((var / "run" / "processes.json").read_text(encoding="utf-8"))
        self.roots = {name: pid for name, (pid, _) in recorded.items()}
        pid_file = next(var.glob("**/postmaster.pid"), None)
        self.postgres = int(pid_file.read_text().split()[0]) if pid_file else 0

    def read(self) -> Spent:
        """Return what each group has spent since it started."""
        return Spent(
            web=tree_cpu(self.roots["web"]),
            worker=tree_cpu(self.roots["worker"]),
            postgres=tree_cpu(self.postgres) if self.postgres else 0.0,
        )

    @contextmanager
    def measured(self) -> Iterator[Spent]:
        """Fill the yielded `Spent` with what the block cost."""
        before, spent = self.read(), Spent()
        yield spent
        after = self.read()
        spent.web = after.web - before.web
        spent.worker = after.worker - before.worker
        spent.postgres = after.postgres - before.postgres


def percentile(values: list[float], share: float) -> float:
    """Return the nearest-rank percentile; 0 for no values."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
