# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The message `vision_msgs/LabelInfo`, made by the generators of ROS and a compiler, because no wheel has vision_msgs.

Only what rclpy needs to publish and to receive it with Fast DDS.
"""

from __future__ import annotations

import importlib.util
import json
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from subprocess import PIPE, STDOUT

import numpy as np

__all__ = ["compiler", "make_vision_msgs"]

PACKAGE = "vision_msgs"
MESSAGES = {
    "LabelInfo": "std_msgs/Header header\nvision_msgs/VisionClass[] class_map\nfloat32 threshold\n",
    "VisionClass": "uint16 class_id\nstring class_name\n",
}
"""Files of ros-perception/vision_msgs, branch `ros2`, without their comments, on which no type's hash depends."""
DESCRIPTION, PYTHON = "rosidl_generator_type_description", "rosidl_generator_py"
TYPE_SUPPORTS = ("rosidl_typesupport_fastrtps_c", "rosidl_typesupport_introspection_c")
"""What rmw_fastrtps_cpp asks for; the second one only on Jazzy."""
GENERATORS: dict[str, tuple[str, ...]] = {
    DESCRIPTION: (),
    "rosidl_generator_c": (),
    **dict.fromkeys(TYPE_SUPPORTS, ()),
    "rosidl_typesupport_c": ("--typesupports", *TYPE_SUPPORTS),
    PYTHON: ("--typesupport-impls", "rosidl_typesupport_c"),
}
"""Further arguments of each generator; in the order in which their results need each other."""
EXTENSION = f"{PACKAGE}_s__rosidl_typesupport_c"
LIBRARIES = (
    *(f"std_msgs__{generator}" for generator in GENERATORS if generator != DESCRIPTION),
    "builtin_interfaces__rosidl_generator_c",
    *TYPE_SUPPORTS,
    "rosidl_typesupport_fastrtps_cpp",
    "rosidl_typesupport_c",
    "rosidl_runtime_c",
    "rcutils",
    "rmw",
    "fastcdr",
    "stdc++",
)
MARKER = "made_for.txt"


def compiler() -> str | None:
    """Return the path of a compiler of C that compiles C++ as well, None if there is none."""
    return shutil.which("gcc") if shutil.which("g++") else None


def make_vision_msgs(folder: Path) -> Path:
    """Make the Python package vision_msgs, unless the folder has it; takes four seconds of one processor.

    Args:
        folder: to be made; may exist if it is empty or was made by this function.

    Returns:
        The folder, absolute. It is to be put before PYTHONPATH of a process of the same Python; no other variable is
        needed. A process that is forked (`programs.py`) does not read PYTHONPATH.

    Raises:
        RuntimeError: there is no compiler or no ROS, or a program failed; then with its output.
    """
    folder = folder.resolve()
    spec = importlib.util.find_spec("rosidl_generator_c")
    if spec is None or spec.origin is None:
        raise RuntimeError("ROS is not installed: there is no package rosidl_generator_c")
    ros = Path(spec.origin).parents[4]  # above lib/python3.*/site-packages/rosidl_generator_c
    made_for = f"{sys.version}\n{ros}\n"
    if _made_for(folder) == made_for:
        return folder
    gcc = compiler()
    if gcc is None:
        raise RuntimeError("there is no gcc or no g++")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{folder.name}-", dir=folder.parent) as temporary:
        build, made = Path(temporary) / "build", Path(temporary) / "made"
        outputs = {generator: build / generator / PACKAGE for generator in GENERATORS} | {PYTHON: made / PACKAGE}
        _generate(ros, build, outputs)
        _compile(gcc, ros, outputs)
        (made / MARKER).write_text(made_for)
        if _made_for(folder) not in (None, made_for):  # of another environment
            shutil.rmtree(folder)
        try:
            made.rename(folder)
        except OSError as error:
            if _made_for(folder) != made_for:  # otherwise another process was faster
                raise RuntimeError(f"{folder} has other content") from error
    return folder


def _made_for(folder: Path) -> str | None:
    """Return the environment for which a folder was made, None if it was not."""
    marker = folder / MARKER
    return marker.read_text() if marker.is_file() else None


def _generate(ros: Path, build: Path, outputs: dict[str, Path]) -> None:
    """Write the sources in Python, C and C++, as `rosidl_generate_interfaces` of CMake does."""
    definitions = build / "msg"
    for path in definitions, *(output / "msg" for output in outputs.values()):
        path.mkdir(parents=True)
    for name, definition in MESSAGES.items():
        (definitions / f"{name}.msg").write_text(definition)
    arguments = build / "arguments.json"
    arguments.write_text(json.dumps({"non_idl_tuples": [f"{build}:msg/{name}.msg" for name in MESSAGES]}))
    options = {"package-name": PACKAGE, "arguments-file": arguments, "output-dir": build, "output-file": build / "idl"}
    _run([sys.executable, "-m", "rosidl_adapter", *(f"--{name}={value}" for name, value in options.items())])
    common = {
        "package_name": PACKAGE,
        "idl_tuples": [f"{build}:msg/{name}.idl" for name in MESSAGES],
        "include_paths": [f"{name}:{ros / 'share' / name}" for name in ("std_msgs", "builtin_interfaces")],
        "ros_interface_files": [str(definitions / f"{name}.msg") for name in MESSAGES],
        "type_description_tuples": [f"msg/{name}.idl:{outputs[DESCRIPTION]}/msg/{name}.json" for name in MESSAGES],
        "target_dependencies": [],
    }
    for generator, further in GENERATORS.items():
        output, templates = outputs[generator], ros / "share" / generator / "resource"
        for template in templates.glob("*__visibility_control.h.in"):  # only CMake would fill it in
            text = template.read_text().replace("@PROJECT_NAME@", PACKAGE)
            (output / "msg" / template.stem).write_text(text.replace("@PROJECT_NAME_UPPER@", PACKAGE.upper()))
        arguments.write_text(json.dumps(common | {"output_dir": str(output), "template_dir": str(templates)}))
        script = ros / "lib" / generator / generator
        _run([sys.executable, str(script), f"--generator-arguments-file={arguments}", *further])
    (outputs[PYTHON] / "__init__.py").touch()


def _compile(gcc: str, ros: Path, outputs: dict[str, Path]) -> None:
    """Make a library of each generator's sources, and an extension module of those for Python, all in its package.

    When a message is first used, librosidl_typesupport_c loads the library of a type support by its bare name. It is
    found without LD_LIBRARY_PATH, as the extension module needs it too, and so has already loaded it from its folder.
    """
    package = outputs[PYTHON]
    roots = [output.parent for output in outputs.values()]
    headers = [*roots, ros / "include", *ros.glob("include/*/"), sysconfig.get_path("include"), np.get_include()]
    includes = [f"-I{header}" for header in headers]
    own: list[str] = []
    for generator, output in outputs.items():
        sources = [str(source) for pattern in ("*.c", "*.cpp") for source in sorted(output.rglob(pattern))]
        if sources:
            name = EXTENSION if generator == PYTHON else f"lib{PACKAGE}__{generator}"
            made = ["-o", str(package / f"{name}.so"), f"-Wl,-soname,{name}.so", "-Wl,-rpath,$ORIGIN"]
            libraries = ["-Wl,--as-needed", f"-L{ros / 'lib'}", *(f"-l{library}" for library in LIBRARIES)]
            needed = ["-Wl,--no-as-needed", f"-L{package}", *own]
            _run([gcc, "-shared", "-fPIC", *includes, *made, *sources, *libraries, *needed])
            own.append(f"-l{PACKAGE}__{generator}")
    # The linker does not complain of what is missing.
    used = f"import {PACKAGE}.{EXTENSION}; from {PACKAGE}.msg import LabelInfo; LabelInfo()"
    _run([sys.executable, "-c", f"import sys; sys.path.insert(0, {str(package.parent)!r}); {used}"])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, check=False, stdout=PIPE, stderr=STDOUT, errors="replace")
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(command)} ended with {done.returncode}:\n{done.stdout}")
