# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The executable `segment`, which runs the node and ends quietly on an interrupt also while it is importing."""

from __future__ import annotations

import signal
import sys

__all__ = ["main"]


def main() -> int:
    """Run the node; see `bgflow_ros.node.node.main`."""
    # Python would print a traceback of the import. ROS takes the signal over when it is initialized.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from bgflow_ros.node.heap import keep_freed_memory

    # Before the imports, because threads that libraries start while they are imported would get heaps of their own.
    keep_freed_memory()
    from bgflow_ros.node import node

    return node.main()


if __name__ == "__main__":
    sys.exit(main())
