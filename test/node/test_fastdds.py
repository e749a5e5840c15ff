# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Settings that Fast DDS is given, and environments in which it is given none."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bgflow_ros.node.fastdds import QUALITIES, choose_shared_memory, profile, touch_shared_memory


@pytest.mark.parametrize(
    ("library", "name"),
    [
        (None, "FASTDDS_DEFAULT_PROFILES_FILE"),
        ("libfastdds.so.3.2", "FASTDDS_DEFAULT_PROFILES_FILE"),
        ("libfastrtps.so.2.14", "FASTRTPS_DEFAULT_PROFILES_FILE"),
        ("libfastrtps.so", "FASTRTPS_DEFAULT_PROFILES_FILE"),
    ],
)
def test_the_variable_that_the_installed_fast_dds_reads_names_the_packaged_file(
    tmp_path: Path, library: str | None, name: str
) -> None:
    environment = {}
    if library is not None:
        (tmp_path / library).touch()
        environment["LD_LIBRARY_PATH"] = f"/no/such/folder:{tmp_path}"
    given = set(environment)
    choose_shared_memory(environment)
    assert environment.keys() - given == {name, QUALITIES}
    assert Path(profile(environment)).read_text().count("SHM") >= 1


@pytest.mark.parametrize(
    "chosen",
    ["FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_BUILTIN_TRANSPORTS"],
)
def test_what_the_user_has_chosen_stays(chosen: str) -> None:
    environment = {chosen: "mine"}
    choose_shared_memory(environment)
    assert environment == {chosen: "mine"}


def test_a_user_s_word_on_the_memory_policy_stays() -> None:
    environment = {QUALITIES: "0"}
    choose_shared_memory(environment)
    assert environment[QUALITIES] == "0"


populates = pytest.mark.skipif(
    tuple(map(int, os.uname().release.split(".")[:2])) < (5, 14), reason="memory is counted whole since Linux 5.14"
)


def largest(name: str, process: int) -> tuple[int, int]:
    """Bytes of a process's largest mapping of a file whose path holds the name: all, and what counts as resident."""
    lines = Path(f"/proc/{process}/smaps").read_text().splitlines()
    sizes = [
        tuple(int(line.split()[1]) * 1024 for line in lines[i:] if line.startswith(("Size:", "Rss:")))[:2]
        for i, line in enumerate(lines)
        if name in line
    ]
    size, resident = max(sizes)
    return size, resident


@populates
def test_shared_memory_counts_whole_and_keeps_what_lies_in_it() -> None:
    path = Path(f"/dev/shm/fastdds_test_{os.getpid()}")
    size = 8 << 20
    path.write_bytes(b"image" + bytes(size - 5))
    try:
        with path.open("r+b") as file, mmap.mmap(file.fileno(), size) as shared:
            assert largest(path.name, os.getpid()) == (size, 0)
            touch_shared_memory()
            assert largest(path.name, os.getpid()) == (size, size)
            assert shared[:6] == b"image\0"
    finally:
        path.unlink()


TELLING = """
import sys
import rclpy
from bgflow_ros.node import node

def tell():
    talking = rclpy.create_node("telling")
    shared = [line.split()[0].split("-") for line in open("/proc/self/maps") if "/dev/shm/fast" in line]
    print(max(int(end, 16) - int(start, 16) for start, end in shared))
    raise KeyboardInterrupt

sys.exit(node.main(tell))
"""
"""Instead of the node: prints the bytes of the largest shared memory, and ends."""


@pytest.mark.parametrize(("chosen", "holds_an_image"), [({}, True), ({"FASTDDS_BUILTIN_TRANSPORTS": "DEFAULT"}, False)])
def test_the_node_takes_it_where_nobody_has_chosen(chosen: dict[str, str], holds_an_image: bool) -> None:
    pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")
    from support.robot import environment

    own = {name: value for name, value in environment().items() if not name.startswith("FAST")} | chosen
    command = [sys.executable, "-c", TELLING]
    ran = subprocess.run(command, env=own, capture_output=True, text=True, timeout=60, check=True)
    assert (int(ran.stdout) > 2 * 1920 * 1080 * 3) == holds_an_image


@populates
def test_the_node_s_own_shared_memory_counts_whole_before_the_first_image(tiny: Path) -> None:
    pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")
    from support.robot import Robot, Segment, model

    segment, robot = Segment(model(tiny)), Robot()
    try:
        assert robot.until(lambda: robot.state() == "active")
        size, resident = largest("/dev/shm/fast", segment.process.pid)
        assert size > 2 * 1920 * 1080 * 3
        assert resident == size
    finally:
        robot.close()
        segment.close()
