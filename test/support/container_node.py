# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The node as in a container run with `--user 12345 --read-only`: no passwd entry, no home, nothing to write to."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000  # sched.h
MS_RDONLY, MS_REMOUNT, MS_BIND = 1, 32, 4096  # sys/mount.h
USER = 12345
UNABLE = 77
"""Exit status where the system does not allow user namespaces."""


def enter() -> None:
    """Isolate this process as in a container; /dev/shm stays writable, as it does in one."""
    user, group, libc = os.getuid(), os.getgid(), ctypes.CDLL(None)
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNS):
        sys.exit(UNABLE)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{USER} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{USER} {group} 1")
    if libc.mount(b"none", b"/", None, MS_REMOUNT | MS_BIND | MS_RDONLY, None):
        sys.exit(UNABLE)


if __name__ == "__main__":
    enter()
    kept = {name: value for name, value in os.environ.items() if name not in ("HOME", "COVERAGE_PROCESS_CONFIG")}
    if home := kept.pop("CONTAINER_HOME", ""):
        kept["HOME"] = home
    environment = {name: value for name, value in kept.items() if not name.startswith("LC_")} | {"LANG": "C"}
    os.execve(sys.executable, [sys.executable, "-m", "bgflow_ros.node.segment", *sys.argv[1:]], environment)
