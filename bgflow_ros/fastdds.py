# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Shared memory that holds images, for processes whose user has not chosen how Fast DDS sends."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping

from bgflow_ros.files import share

__all__ = ["PROFILES", "TRANSPORTS", "choose_shared_memory", "profile"]

PROFILES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")
"""Where Fast DDS looks for its settings, from ROS 2 Kilted on and before. Kilted warns of the older name."""
TRANSPORTS = "FASTDDS_BUILTIN_TRANSPORTS"
"""Where it looks for how to send, if there are no settings."""
BEFORE_KILTED = {"humble", "iron", "jazzy"}


def profile(environment: Mapping[str, str]) -> str:
    """The file of settings that an environment names; empty where it names none."""
    return next((environment[name] for name in PROFILES if environment.get(name)), "")


def choose_shared_memory(environment: MutableMapping[str, str]) -> None:
    """Name config/fastdds_shm.xml in an environment that names neither settings nor transports.

    Has no effect on a process that has begun to talk, nor on another middleware. Where /dev/shm has no room for it
    (35 MB a process), Fast DDS says so and sends through UDP.
    """
    if not profile(environment) and not environment.get(TRANSPORTS):
        name = PROFILES[environment.get("ROS_DISTRO") in BEFORE_KILTED]
        environment[name] = str(share() / "config" / "fastdds_shm.xml")
