# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Log files of ROS where no folder can hold them, as in a container without a home or on a read-only disk."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

__all__ = ["log_arguments"]


def log_arguments(environment: Mapping[str, str]) -> list[str]:
    """Make arguments for `rclpy.init` that keep it from failing where its log file cannot be written.

    ROS writes its log into ROS_LOG_DIR, else into `log` in ROS_HOME, else into ~/.ros/log, and does not start without
    it. Console and /rosout get the same lines, and one line on stderr says that the file is missing.

    Returns:
        Arguments to add to the command line; none where the folder can be written.
    """
    named = environment.get("ROS_LOG_DIR") or f"{environment.get('ROS_HOME') or '~/.ros'}/log"
    home = environment.get("HOME")  # rcutils looks at nothing else, not even at /etc/passwd
    if named.startswith("~") and not home:
        reason = "HOME is not set"
    else:
        folder = Path(named.replace("~", home or "", 1) if named.startswith("~") else named)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return []
        except OSError as error:
            reason = error.strerror or str(error)
    told = f"no log file in {named}: {reason}; logging to the console only; set ROS_LOG_DIR for a log file"
    print(told, file=sys.stderr)
    return ["--ros-args", "--disable-external-lib-logs"]
