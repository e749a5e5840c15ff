# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Run `ros2 launch` as a process in a workspace where stand-ins replace the other packages."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from support.robot import environment

ROOT = Path(__file__).resolve().parents[2]
EXECUTABLES = {
    "bgflow": ("segment", "patrol"),
    "rviz2": ("rviz2",),
    "rtabmap_sync": ("rgbd_sync",),
    "rtabmap_odom": ("rgbd_odometry",),
    "rtabmap_slam": ("rtabmap",),
    "nav2_lifecycle_manager": ("lifecycle_manager",),
    "depth_image_proc": ("point_cloud_xyz_node",),
    "rclcpp_components": ("component_container_mt",),
    "isaac_ros_visual_slam": (),
    "isaac_ros_cuvslam": (),
    "nvblox_ros": (),
    "vision_msgs": (),
}
"""Executables of each package that the launch files start."""

STAND_IN = """#!/bin/sh
echo "{executable} $*" >> "{log}"
exec sleep 600
"""
NODE = """#!{python}
import sys
from bgflow_ros.node.segment import main
sys.exit(main())
"""


class Workspace:
    """Prefix of the ament index whose packages are stand-ins, which log how they were started and wait."""

    def __init__(self, folder: Path) -> None:
        self.prefix = folder
        self._log = folder / "started"
        self._index = folder / "share" / "ament_index" / "resource_index" / "packages"
        self._index.mkdir(parents=True)
        for package, executables in EXECUTABLES.items():
            (self._index / package).touch()
            for executable in executables:
                self.write(package, executable, STAND_IN.format(executable=executable, log=self._log))
        share = folder / "share" / "bgflow"
        share.mkdir()
        for name in ("launch", "config"):
            shutil.copytree(ROOT / name, share / name)
        shutil.copy(ROOT / "package.xml", share)

    def remove(self, package: str) -> None:
        """Remove a package, or only the executable of bgflow, because ros2 launch itself looks that package up."""
        if package != "bgflow":
            (self._index / package).unlink()
        for executable in EXECUTABLES[package]:
            (self.prefix / "lib" / package / executable).unlink()

    def write(self, package: str, executable: str, script: str) -> None:
        """Write a script as an executable of a package."""
        path = self.prefix / "lib" / package / executable
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script)
        path.chmod(0o755)

    def write_node(self) -> None:
        """Install the real node as the executable of bgflow."""
        self.write("bgflow", "segment", NODE.format(python=sys.executable))

    def started(self) -> list[str]:
        """Executable and arguments of every stand-in that was started."""
        return self._log.read_text().splitlines() if self._log.exists() else []

    def environment(self) -> dict[str, str]:
        """Environment of a shell that has sourced this workspace and no other."""
        return environment() | {
            "AMENT_PREFIX_PATH": str(self.prefix),
            "ROS_LOG_DIR": str(self.prefix / "log"),
            "PYTHONUNBUFFERED": "1",
        }

    def left(self) -> list[int]:
        """Identifiers of the processes that run in this environment."""
        mark = f"AMENT_PREFIX_PATH={self.prefix}\0".encode()
        found = []
        for process in Path("/proc").iterdir():
            try:
                if process.name.isdigit() and mark in (process / "environ").read_bytes() + b"\0":
                    found.append(int(process.name))
            except OSError:  # it has ended, or is another user's
                continue
        return found


def ros2(*arguments: str) -> list[str]:
    """Command line of a ros2 command."""
    return [sys.executable, "-c", "import sys; from ros2cli.cli import main; sys.exit(main())", *arguments]


class Launch:
    """Process of `ros2 launch bgflow FILE.launch.py ARGUMENTS`."""

    def __init__(self, workspace: Workspace, file: str, *arguments: str) -> None:
        self._workspace = workspace
        self._log = (workspace.prefix / f"output_{time.monotonic_ns()}").open("w+")
        self.process = subprocess.Popen(
            ros2("launch", "bgflow", f"{file}.launch.py", *arguments),
            env=workspace.environment(),
            cwd=workspace.prefix,  # bgflow is the installed one, not the checkout
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
            start_new_session=True,
        )

    def output(self) -> list[str]:
        """Lines printed so far."""
        return Path(self._log.name).read_text().splitlines()

    def said(self) -> list[str]:
        """Lines printed so far except for the informational ones of launch."""
        return [line for line in self.output() if line and not line.startswith("[INFO]")]

    def until(self, done: Callable[[], object], seconds: float = 30.0) -> bool:
        """Wait for a condition; return False if launch ended before or the condition was never met."""
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline or self.process.poll() is not None:
                return bool(done())
            time.sleep(0.02)
        return True

    def finish(self) -> int:
        """End every process that was started; return the exit status of launch, which ends after them."""
        for process in set(self._workspace.left()) - {self.process.pid}:
            os.kill(process, signal.SIGTERM)
        return self.process.wait(30)

    def interrupt(self) -> int:
        """Interrupt launch and its processes as Ctrl-C in a terminal does; return the exit status.

        Processes must not be starting any more: launch sometimes misses the end of those.
        """
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(30)

    def close(self) -> None:
        """Kill the processes that still run."""
        self.process.kill()
        self.process.wait()
        for process in self._workspace.left():
            os.kill(process, signal.SIGKILL)
        self._log.close()
