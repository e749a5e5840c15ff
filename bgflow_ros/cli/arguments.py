# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Types of arguments that several verbs take."""

from __future__ import annotations

import argparse
from pathlib import Path

from bgflow_ros.files import expand

__all__ = ["path"]


def path(text: str) -> Path:
    """Read a path as a shell would, for where none does: `--out=~/masks`, a launch file, a service."""
    try:
        return expand(text)
    except OSError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
