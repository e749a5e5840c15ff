# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Run `bgflow rooms` and `bgflow drives` where only Blender and its dependencies are installed."""

from __future__ import annotations

import argparse
import sys

from bgflow_rooms.cli import drives, rooms
from bgflow_ros.segmentation.errors import UserError

VERBS = {"rooms": rooms, "drives": drives}


def main() -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m bgflow_rooms", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name, verb in VERBS.items():
        verb.add_arguments(verbs.add_parser(name, description=verb.__doc__, help=verb.HELP))
    arguments = parser.parse_args()
    try:
        status: int = VERBS[arguments.verb].run(arguments)
        return status
    except UserError as error:
        print(f"bgflow_rooms: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
