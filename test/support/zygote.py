# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Process that has done the slowest imports of the node, and forks into programs that need them (`programs.py`).

Imports take most of the processor time of a node that lives for a second. Only what starts no thread is imported here,
as the thread would be missing in a fork: rclpy starts some (LTTng's), so each program imports it itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import select
import signal
import sys
from typing import Any

MODULES = (
    "bgflow_ros.segmentation.recovery",  # NumPy, OpenCV, ONNX Runtime, jsonschema and yaml
    "bgflow_ros.segmentation.refinement",
    "argparse",
    "concurrent.futures.thread",
    "diagnostic_msgs.msg",
    "lifecycle_msgs.msg",
    "lifecycle_msgs.srv",
    "rcl_interfaces.msg",
    "rcl_interfaces.srv",
    "rosgraph_msgs.msg",
    "sensor_msgs.msg",
    "service_msgs.msg",
    "std_msgs.msg",
    "std_srvs.srv",
    "type_description_interfaces.srv",
    "unique_identifier_msgs.msg",
)


def prepare() -> None:
    """Import what is slow, in the order in which `bgflow_ros.node.segment` does."""
    sys.path[0] = os.getcwd()  # noqa: PTH109 (as `python -m` does)
    from bgflow_ros.node.heap import keep_freed_memory

    keep_freed_memory()
    for module in MODULES:
        with contextlib.suppress(ModuleNotFoundError):  # Humble does not have all of them
            importlib.import_module(module)
    threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208
    assert threads == 1, f"{threads} threads, of which a fork would have one"
    gc.freeze()  # otherwise each fork would go through all of it, and copy it, at its end


def serve() -> dict[str, Any] | None:
    """Fork for each line of the standard input, and tell what becomes of the forks in lines on the standard output.

    Returns:
        In a fork what the line says of it; None at the end of the input.
    """
    running: dict[int, int] = {}  # process by its descriptor
    poll = select.poll()
    poll.register(0, select.POLLIN)
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == 0:
                line = sys.stdin.buffer.readline()
                if not line:
                    return None
                process = os.fork()
                if process == 0:
                    os.closerange(3, max(running, default=2) + 1)
                    return dict(json.loads(line))
                ends = os.pidfd_open(process)
                running[ends] = process
                poll.register(ends, select.POLLIN)
                print(json.dumps({"started": process}), flush=True)
            else:
                poll.unregister(descriptor)
                os.close(descriptor)
                process, status = os.waitpid(running.pop(descriptor), 0)
                print(json.dumps({"ended": process, "status": os.waitstatus_to_exitcode(status)}), flush=True)


def become(program: list[str], environment: dict[str, str], folder: str, log: str) -> None:
    """Run a program as Python would with these arguments, with its output in a log."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG (linux/prctl.h)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for path, flags, targets in (os.devnull, os.O_RDONLY, (0,)), (log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, (1, 2)):
        opened = os.open(path, flags)
        for target in targets:
            os.dup2(opened, target)
        os.close(opened)
    if program[0] == "-m":
        sys.path[0] = folder
        sys.argv = program[1:]
        runpy.run_module(program[1], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = os.path.dirname(program[0])  # noqa: PTH120
        sys.argv = program
        runpy.run_path(program[0], run_name="__main__")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with its input
    prepare()
    wanted = serve()
    if wanted:
        become(**wanted)
