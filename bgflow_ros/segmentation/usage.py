# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""CPU time and memory of processes and of the machine, from Linux's /proc."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bgflow_ros.segmentation.hardware import byte_products, processor
from bgflow_ros.segmentation.packages import installed

__all__ = ["Memory", "Meter", "Usage", "machine", "memory"]

TICKS = os.sysconf("SC_CLK_TCK")
"""Clock ticks of /proc per second."""
PACKAGES = ("bgflow", "onnxruntime", "onnxruntime-gpu", "numpy", "rclpy")


@dataclass(frozen=True)
class Memory:
    """Memory and threads of one process."""

    peak: float
    resident: float
    """Resident memory in megabytes (1e6 bytes): the maximum so far and the current value."""
    private: float
    """Resident memory that is neither a file's nor shared. The segments of Fast DDS are shared, also those of other
    processes, and their pages count once they are touched."""
    threads: int


def memory(pid: int) -> Memory:
    """Measure memory and threads of a running process.

    getrusage does not serve here, since a new process inherits the maximum of its parent.
    """
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    peak, resident, private = (int(fields[name][0]) * 1024e-6 for name in ("VmHWM", "VmRSS", "RssAnon"))
    return Memory(peak, resident, private, int(fields["Threads"][0]))


@dataclass(frozen=True)
class Usage:
    """CPU usage over an interval."""

    cores: dict[str, float]
    """CPU seconds per second, by process."""
    other: float
    """CPU seconds per second of everything else: other programs, the kernel, time taken by a hypervisor."""
    idle: float
    """Share of the machine that was idle, 0 to 1."""


class Meter:
    """Measures usage from its creation on.

    Args:
        pids: ids of the processes to tell apart, by name.
    """

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._before = self._read()

    def usage(self) -> Usage:
        """Return what was used until now.

        Raises:
            FileNotFoundError: one of the processes has ended.
        """
        (time_before, own_before, busy_before, idle_before), (now, own, busy, idle) = self._before, self._read()
        seconds = now - time_before
        cores = {name: (own[name] - own_before[name]) / seconds for name in own}
        busy, idle = busy - busy_before, idle - idle_before
        return Usage(cores, max(busy / seconds - sum(cores.values()), 0.0), idle / (busy + idle))

    def _read(self) -> tuple[float, dict[str, float], float, float]:
        own = {name: _cpu_seconds(pid) for name, pid in self._pids.items()}
        return time.monotonic(), own, *_machine_seconds()


def _cpu_seconds(pid: int) -> float:
    # The fields follow the name in brackets, which may contain anything.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / TICKS


def _machine_seconds() -> tuple[float, float]:
    """CPU seconds for which all cores together were busy and idle since the machine started."""
    line = Path("/proc/stat").read_text().partition("\n")[0]
    user, nice, system, idle, iowait, interrupt, soft, steal = (int(field) / TICKS for field in line.split()[1:9])
    return user + nice + system + interrupt + soft + steal, idle + iowait


def machine() -> dict[str, str]:
    """Describe the machine for comparisons: processor, cores, versions."""
    return {
        "processor": f"{processor()}, {byte_products() or 'without VNNI, AVX2 or dot product'}",
        "cores": f"{len(os.sched_getaffinity(0))} of {os.cpu_count()}",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **installed(PACKAGES),
    }
