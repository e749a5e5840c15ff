# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of arguments and packages, which the launch files make before they start anything.

A process that has been started may outlive a launch file that fails half way, so each file calls `check_launch` first.
Nothing here imports launch, which only a full ROS has.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import yaml

from bgflow_ros.segmentation.files import expand, share

__all__ = [
    "BOOLEAN",
    "Argument",
    "LaunchError",
    "check_launch",
    "file",
    "model",
    "namespace",
    "number",
    "parameter_file",
    "topic",
]

Check = Callable[[str], str]
"""A check of a value: describes what was expected instead, or returns an empty string where the value is right."""
BOOLEAN = ("true", "false", "True", "False")
"""Choices of an argument that is a condition; Python's own spelling comes from other launch files."""
OF_LAUNCH = {
    "emulate_tty",
    "launch-prefix",
    "launch-prefix-filter",
    "ros_namespace",
    "sigkill_timeout",
    "sigterm_timeout",
}
"""Arguments that launch and launch_ros read for any launch file."""
NAME = r"[A-Za-z_][A-Za-z0-9_]*"
NAMES = re.compile(rf"{NAME}(/{NAME})*")
"""A relative name of ROS (design.ros2.org, Topic and Service name mapping to DDS)."""


class LaunchError(Exception):
    """A launch cannot start; the message is one line that says why and what to do."""


@dataclass(frozen=True)
class Argument:
    """An argument of a launch file."""

    name: str
    description: str
    default: str | None = ""
    """Default value; None where a value must be given."""
    choices: tuple[str, ...] = ()
    check: Check = lambda value: ""
    optional: bool = True
    """The value may be empty."""
    path: bool = False
    """The value is a path, in which a leading ~ is the user's home."""

    def declaration(self) -> dict[str, Any]:
        """Make the keywords of `launch.actions.DeclareLaunchArgument`."""
        found: dict[str, Any] = {"name": self.name, "description": self.description, "default_value": self.default}
        if self.choices:
            found["choices"] = ["", *self.choices] if self.optional else list(self.choices)
        return found

    def checked(self, value: str) -> str:
        """Check a value and return it, with ~ expanded in a path.

        Raises:
            LaunchError: the argument cannot take the value.
        """
        if not value and self.optional:
            return value
        if self.path and value.startswith("~"):
            try:
                value = str(expand(value))
            except OSError as error:
                raise LaunchError(f"{self.name}: {error}") from error
        if self.choices:
            expected = "" if value in self.choices else f"one of {', '.join(self.choices)}"
        else:
            expected = self.check(value)
        if expected:
            raise LaunchError(f"{self.name} is {value!r}; expected {expected}")
        return value


class Context(Protocol):
    """The part of `launch.LaunchContext` that is read here."""

    @property
    def argv(self) -> Sequence[str]:
        """Arguments of the command line, NAME:=VALUE."""

    @property
    def launch_configurations(self) -> MutableMapping[str, str]:
        """Values of launch arguments, by name."""


def check_launch(
    context: Context,
    path: str,
    arguments: Mapping[str, Argument],
    needed: Callable[[], Iterable[tuple[str, str]]],
) -> None:
    """Check the given values, expand paths in them, and look up everything that will be started.

    Args:
        context: context of the launch file. Its configurations that are no arguments of this file belong to a file
            that includes it.
        path: path of the launch file.
        arguments: arguments of the launch file, by name.
        needed: gives package and executable of everything that will be started; called once the values are right. An
            empty executable stands for a plugin.

    Raises:
        LaunchError: an argument is unknown or cannot take its value, or a package or an executable is missing.
    """
    _refuse_unknown(context.argv, Path(path), arguments)
    given = context.launch_configurations
    for name, argument in arguments.items():
        if name in given:
            given[name] = argument.checked(given[name])
    _look_up(needed())


def _refuse_unknown(argv: Sequence[str], path: Path, arguments: Mapping[str, Argument]) -> None:
    # A launch file that includes this one has arguments of its own.
    direct = any(
        (package == "bgflow" and name == path.name) or (name.endswith(".py") and Path(name).resolve() == path.resolve())
        for package, name in pairwise(sys.argv)
    )
    if not direct:
        return
    for name in (argument.partition(":=")[0] for argument in argv):
        if name not in arguments and name not in OF_LAUNCH:
            near = difflib.get_close_matches(name, arguments, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            raise LaunchError(f"{name} is not an argument of {path.name}; {meant}--show-args lists them")


def _look_up(needed: Iterable[tuple[str, str]]) -> None:
    from ament_index_python.packages import PackageNotFoundError, get_package_prefix

    missing = []
    for package, executable in needed:
        try:
            prefix = get_package_prefix(package)
        except (PackageNotFoundError, OSError, ValueError):  # not found, no workspace sourced, not a package's name
            missing.append(package)
            continue
        if executable and not shutil.which(executable, path=f"{prefix}/lib/{package}"):
            raise LaunchError(
                f"package {package} has no executable {executable} in {prefix}/lib/{package}; {_to_install([package])}"
            )
    if missing:
        packages = list(dict.fromkeys(missing))
        noun = "package" if len(packages) == 1 else "packages"
        raise LaunchError(f"{noun} {', '.join(packages)} not found; {_to_install(packages)}")


def _to_install(packages: list[str]) -> str:
    own = [package for package in packages if package == "bgflow"]
    nvidia = [package for package in packages if package.startswith(("isaac_ros", "nvblox"))]
    debian = [package for package in packages if package not in (*own, *nvidia)]
    distribution = os.environ.get("ROS_DISTRO") or "$ROS_DISTRO"
    ways = []
    if debian:
        names = (f"ros-{distribution}-{package.replace('_', '-')}" for package in debian)
        ways.append(f"install with: sudo apt install {' '.join(names)}")
    if nvidia:
        ways.append(f"{', '.join(nvidia)}: install from NVIDIA's Isaac ROS, see doc/nvidia.md")
    if own:
        ways.append("bgflow: build it with colcon and source install/setup.bash of its workspace")
    return "; ".join(ways)


# Checks


def number(kind: type[int] | type[float], low: float, high: float) -> Check:
    """Make a check that expects an int or a float from `low` to `high`, both included."""
    noun = "a whole number" if kind is int else "a number"

    def check(value: str) -> str:
        try:
            within = low <= kind(value) <= high
        except ValueError:
            within = False
        return "" if within else f"{noun} from {low:g} to {high:g}"

    return check


def topic(value: str) -> str:
    """Expect a name that ROS accepts as a topic, absolute, relative or below the node's own (~/)."""
    return _names(value.removeprefix("~").removeprefix("/"), "a topic of ROS, such as /camera/color/image_raw")


def namespace(value: str) -> str:
    """Expect a name that ROS accepts as a namespace."""
    return "" if value == "/" else _names(value.removeprefix("/"), "a namespace of ROS, such as front")


def _names(value: str, noun: str) -> str:
    if NAMES.fullmatch(value) and "__" not in value:
        return ""
    return f"{noun}: letters, digits, single _ and /, no part beginning with a digit"


def file(value: str) -> str:
    """Expect a file."""
    return "" if Path(value).is_file() else "a file that exists"


def model(value: str) -> str:
    """Expect a model folder, or the name of a packaged model."""
    packaged = sorted(folder.name for folder in (share() / "models").iterdir() if folder.is_dir())
    return "" if value in packaged or Path(value).is_dir() else f"a model folder or one of {', '.join(packaged)}"


def parameter_file(value: str) -> str:
    """Expect a file of ROS parameters."""
    try:
        content = yaml.safe_load(Path(value).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        return f"a parameter file that can be read ({getattr(error, 'strerror', 'not UTF-8')})"
    except yaml.YAMLError as error:
        return f"a parameter file in YAML ({' '.join(str(error).split())})"
    return "" if _has_parameters(content) else "a parameter file: YAML with ros__parameters below a node's name"


def _has_parameters(content: object) -> bool:
    return isinstance(content, dict) and any(
        isinstance(value, dict) and ("ros__parameters" in value or _has_parameters(value)) for value in content.values()
    )
