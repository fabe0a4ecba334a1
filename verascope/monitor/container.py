"""What a container may use, from the control groups of the kernel (version 2, and 1 where that still runs).

Inside a container the machine's own figures mislead: 30 % of 64 cores is 1,000 % of the two one has.
Source: https://docs.kernel.org/admin-guide/cgroup-v2.html and …/cgroup-v1/memory.html.
"""

from dataclasses import dataclass
from pathlib import Path

UNLIMITED = 1 << 60
"""Version 1 states "no limit" as a number near 2^63."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What this process may use and does. None: no limit is set, or it can't be read.

    cpus: processors' worth of time, 1.5 for instance. cpu_seconds: processor time used by the whole
    group since it began. memory_used: without what the kernel would give back (inactive file cache).
    """

    cpus: float | None = None
    cpu_seconds: float | None = None
    memory_limit: int | None = None
    memory_used: int | None = None


def allowance(root: Path = Path("/")) -> Allowance:
    """Of the group this process runs in. root: where `proc` and `sys` are mounted. Never raises."""
    groups = _groups(root / "proc/self/cgroup")
    mounted = root / "sys/fs/cgroup"
    if (mounted / "cgroup.controllers").is_file():
        return _version_2(_folder(mounted, groups.get("", "/")))
    return _version_1(
        _folder(mounted / "cpu", groups.get("cpu", "/")),
        _folder(mounted / "cpuacct", groups.get("cpuacct", "/")),
        _folder(mounted / "memory", groups.get("memory", "/")),
    )


def _groups(path: Path) -> dict[str, str]:
    """Controller -> the group's path; "" is version 2's one hierarchy."""
    found: dict[str, str] = {}
    for line in (_text(path) or "").splitlines():
        _, controllers, place = line.split(":", 2)
        for controller in controllers.split(","):
            found[controller] = place
    return found


def _folder(mounted: Path, group: str) -> Path:
    """Inside a container the group's own path is often not visible: its folder is then the root."""
    inside = mounted / group.lstrip("/")
    return inside if inside.is_dir() else mounted


def _version_2(folder: Path) -> Allowance:
    quota, _, period = (_text(folder / "cpu.max") or "max").partition(" ")
    used = _fields(folder / "cpu.stat").get("usage_usec")
    current = _number(folder / "memory.current")
    inactive = _fields(folder / "memory.stat").get("inactive_file", 0)
    return Allowance(
        cpus=int(quota) / int(period) if quota.isdigit() and period.isdigit() else None,
        cpu_seconds=None if used is None else used / 1e6,
        memory_limit=_number(folder / "memory.max"),
        memory_used=None if current is None else max(0, current - inactive),
    )


def _version_1(cpu: Path, accounting: Path, memory: Path) -> Allowance:
    quota, period = _number(cpu / "cpu.cfs_quota_us"), _number(cpu / "cpu.cfs_period_us")
    used = _number(accounting / "cpuacct.usage")
    limit = _number(memory / "memory.limit_in_bytes")
    current = _number(memory / "memory.usage_in_bytes")
    inactive = _fields(memory / "memory.stat").get("total_inactive_file", 0)
    return Allowance(
        cpus=quota / period if quota and period and quota > 0 else None,
        cpu_seconds=None if used is None else used / 1e9,
        memory_limit=limit if limit is not None and limit < UNLIMITED else None,
        memory_used=None if current is None else max(0, current - inactive),
    )


def _text(path: Path) -> str | None:
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None


def _number(path: Path) -> int | None:
    text = _text(path) or ""
    return int(text) if text.lstrip("-").isdigit() else None


def _fields(path: Path) -> dict[str, int]:
    pairs = (line.split() for line in (_text(path) or "").splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}
