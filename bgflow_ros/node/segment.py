# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The executable `segment`: the node, quiet about an interrupt also while it is being imported."""

from __future__ import annotations

import signal
import sys

__all__ = ["main"]


def main() -> int:
    """Run the node; see `bgflow_ros.node.node.main`."""
    # Python would print where the import stood. ROS takes the signal over when it is initialized.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from bgflow_ros.node.heap import keep_freed_memory

    # Threads that libraries start when they are imported would get heaps of their own before.
    keep_freed_memory()
    from bgflow_ros.node import node

    return node.main()


if __name__ == "__main__":
    sys.exit(main())
