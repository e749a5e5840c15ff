# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A node as the program of a process."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable
from typing import TypeVar

import rclpy
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor

from bgflow_ros.node.compatibility import running_ros
from bgflow_ros.node.fastdds import touch_shared_memory
from bgflow_ros.node.guarded import Guarded

__all__ = ["Executor", "refusal_of_rcl", "run_node"]

N = TypeVar("N", bound=Guarded)


class Executor(SingleThreadedExecutor):
    """Executor whose destructor is quiet where an interrupt has ended its constructor; rclpy's prints a traceback."""

    _sigint_gc = None  # which rclpy sets at the end of the constructor, and reads in the destructor


def run_node(program: str, make: Callable[[], N], begin: Callable[[N], object] = lambda node: None) -> int:
    """Run the node that `make` creates until it is told to stop; return 2 where ROS refuses its arguments.

    Args:
        program: name with which messages begin.
        make: creates the node.
        begin: is called before the node is spun.
    """
    node = None
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(running_ros())
        except RuntimeError as error:  # RCLError is one
            print(f"{program}: {refusal_of_rcl(error)}", file=sys.stderr)
            return 2
        try:
            node = make()
            touch_shared_memory()
            executor = Executor()
            executor.add_node(node)
            begin(node)
            executor.spin()
        except (InvalidParameterTypeException, InvalidParameterValueException) as error:
            print(f"{program}: {error}", file=sys.stderr)
            return 2
        except (KeyboardInterrupt, ExternalShutdownException):
            pass
        except Exception:
            if rclpy.ok():  # otherwise it was interrupted during startup
                raise
        finally:
            if node is not None:
                node.stop()
                node.destroy_node()
    return 0


def refusal_of_rcl(error: RuntimeError) -> str:
    """Say in one line what rcl refuses, such as a command line argument, without places in the sources of rcl."""
    text = re.sub(r",? at \S+:\d+", "", " ".join(str(error).split()))
    text = text.removeprefix("failed to initialize rcl: ").replace(" Error: error not set", "").strip()
    return f"unknown arguments of ROS: {text}" if text.startswith("[") else text
