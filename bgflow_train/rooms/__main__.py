# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""`python -m bgflow_train.rooms`: the verb `bgflow rooms` where only Blender and what it needs is installed."""

from __future__ import annotations

import argparse
import sys

from bgflow_ros.cli.errors import UserError
from bgflow_train.cli import rooms


def main() -> int:
    """Run the verb."""
    parser = argparse.ArgumentParser(prog="python -m bgflow_train.rooms", description=rooms.__doc__)
    rooms.add_arguments(parser)
    try:
        return rooms.run(parser.parse_args())
    except UserError as error:
        print(f"bgflow_train.rooms: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
