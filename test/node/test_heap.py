# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Memory is kept where the C library can, and asked for nothing where it cannot."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from bgflow_ros.node import heap

FRAMES = """
import resource, sys, threading, numpy
from bgflow_ros.node.heap import keep_freed_memory

if sys.argv[1] == "keep" and not keep_freed_memory():
    sys.exit("not glibc")

def frames(number):
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    for _ in range(number):  # what a frame of 1280x720 takes, more or less
        kept = [numpy.ones(size, numpy.uint8) for size in (2_700_000,) * 3 + (3_600_000, 900_000, 900_000)]
        kept.clear()
    return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before

def work():
    frames(10)
    print(frames(50))

thread = threading.Thread(target=work)
thread.start()
thread.join()
"""
"""Prints how many new pages the thread touches."""


def faults(how: str) -> int:
    run = subprocess.run([sys.executable, "-c", FRAMES, how], capture_output=True, text=True, check=False)
    if run.stderr.startswith("not glibc"):
        pytest.skip("needs glibc")
    return int(run.stdout)


def test_frames_touch_no_new_pages() -> None:
    assert faults("keep") < 1000 < faults("leave")


def test_other_c_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap.ctypes, "CDLL", lambda _: SimpleNamespace())
    assert heap.keep_freed_memory() is False


KEPT = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from bgflow_ros.node.heap import give_back_freed_memory, keep_freed_memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

if not keep_freed_memory():
    sys.exit("not glibc")

def take_and_free():
    blocks = [bytearray(1 << 20) for _ in range(30)]
    kept = bytearray(1 << 16)
    blocks += [bytearray(1 << 20) for _ in range(30)]
    return kept

if sys.argv[1] == "main":
    kept = take_and_free()
else:
    threads = ThreadPoolExecutor(1)
    kept = threads.submit(take_and_free).result()
before = resident()
give_back_freed_memory()
print(before - resident())
"""


@pytest.mark.parametrize("thread", ["main", "other"])
def test_what_lies_free_can_be_given_back(thread: str) -> None:
    run = subprocess.run([sys.executable, "-c", KEPT, thread], capture_output=True, text=True, check=False)
    if run.stderr.startswith("not glibc"):
        pytest.skip("needs glibc")
    assert int(run.stdout) > 50e6


def test_other_c_libraries_give_back_what_they_like(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap.ctypes, "CDLL", lambda _: SimpleNamespace())
    heap.give_back_freed_memory()


def test_all_threads_of_the_node_share_one_heap(robot, tiny: Path) -> None:
    from support.robot import Segment, model

    segment = Segment(model(tiny), afresh=True)  # imports start threads
    try:
        assert robot.until(lambda: robot.masks > 10), segment.log()
        maps = [line.split() for line in Path(f"/proc/{segment.process.pid}/maps").read_text().splitlines()]
    finally:
        segment.close()
    spans = [(*(int(end, 16) for end in fields[0].split("-")), fields[1]) for fields in maps]
    assert len(spans) > 10
    # glibc reserves 64 MB for every other heap (HEAP_MAX_SIZE), of which the rest may not be touched yet.
    heaps = [
        hex(start)
        for (start, end, _), (rest, last, access) in itertools.pairwise(spans)
        if access == "---p" and end == rest and start % (64 << 20) == 0 and last - start == 64 << 20
    ]
    assert heaps == []
