# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""How busy the machine is that the tests run on."""

from __future__ import annotations

import os


def crowding() -> float:
    """Processes per core at present, at least 1: factor on time limits, which are meant for an idle machine."""
    return max(1.0, os.getloadavg()[0] / len(os.sched_getaffinity(0)))
