# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Shared memory that is large enough for images, where the user has not configured how Fast DDS sends."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from bgflow_ros.segmentation.files import share

__all__ = [
    "PROFILES",
    "QUALITIES",
    "TRANSPORTS",
    "choose_shared_memory",
    "profile",
    "profile_variable",
    "touch_shared_memory",
]

PROFILES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")
"""Variables that name a file of settings: for Fast DDS 3 (since ROS 2 Kilted), which warns of the second, and for 2."""
TRANSPORTS = "FASTDDS_BUILTIN_TRANSPORTS"
"""Variable that names the transports where there are no settings."""
QUALITIES = "RMW_FASTRTPS_USE_QOS_FROM_XML"
"""Variable by which ROS uses the memory policy of the settings instead of its own, which keeps the largest messages."""
VERSION_2 = "libfastrtps.so*"
"""File name of Fast DDS's library before version 3."""

MADV_POPULATE_WRITE = 23
"""Advice of Linux's madvise (mman.h)."""


def profile(environment: Mapping[str, str]) -> str:
    """Get the file of settings that an environment names; empty where it names none."""
    return next((environment[name] for name in PROFILES if environment.get(name)), "")


def profile_variable(environment: Mapping[str, str]) -> str:
    """Get the variable of PROFILES that the Fast DDS of an environment reads.

    The library path, which every ROS 2 installation sets, leads to Fast DDS 2 (Humble, Jazzy) or 3 (Kilted and newer).
    """
    folders = [Path(folder) for folder in environment.get("LD_LIBRARY_PATH", "").split(os.pathsep) if folder]
    return PROFILES[any(any(folder.glob(VERSION_2)) for folder in folders)]


def choose_shared_memory(environment: MutableMapping[str, str]) -> None:
    """Name config/fastdds_shm.xml in an environment that names neither settings nor transports.

    This affects neither a process that has already started to communicate nor another middleware. Where /dev/shm lacks
    space (35 MB per process), Fast DDS says so and sends through UDP.
    """
    if not profile(environment) and not environment.get(TRANSPORTS):
        environment[profile_variable(environment)] = str(share() / "config" / "fastdds_shm.xml")
        environment.setdefault(QUALITIES, "1")


def touch_shared_memory() -> None:
    """Touch every page of the shared memory that Fast DDS has mapped so far, so that it counts as used.

    Fast DDS maps all of it when it starts, and the system counts each page when it is first used, which may be weeks
    later. Whoever watches the node's resident memory would take that for a leak. Linux before 5.14 cannot do this.
    """
    madvise = ctypes.CDLL(None).madvise
    for line in Path("/proc/self/maps").read_text().splitlines():
        if "/dev/shm/fast" in line:  # fastdds_, before Kilted fastrtps_
            start, end = (int(address, 16) for address in line.split()[0].split("-"))
            madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), MADV_POPULATE_WRITE)
