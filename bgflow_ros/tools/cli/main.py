# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The `bgflow` command: finds the verbs that are installed and runs one."""

from __future__ import annotations

import argparse
import io
import signal
import sys
from collections.abc import Sequence

from bgflow_ros import __version__
from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.tools.cli.verbs import add_verbs, installed_verbs

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the verb that the command line names.

    Returns:
        0 on success, 1 where a verb did only part of its work, 2 where it could not start, 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(
        prog="bgflow",
        description="Segment indoor images into static background and foreground.",
        epilog="bgflow VERB --help describes a verb and its options.",
    )
    parser.add_argument("--version", action="version", version=f"bgflow {__version__}")
    add_verbs(parser, installed_verbs("bgflow.verbs"))
    arguments = parser.parse_args(argv)
    verb, command = arguments.verb, arguments.command
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names may be any bytes, and a terminal of any encoding
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whatever is open is closed, as after Ctrl-C
    try:
        return int(verb.run(arguments))
    except UserError as error:
        print(f"{command}: {error}", file=sys.stderr)
        return error.status
    except ModuleNotFoundError as error:
        if not hasattr(verb, "EXTRA"):
            raise
        print(
            f"{command}: needs {error.name}, which is not installed: in the checkout, pip install '.[{verb.EXTRA}]'",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        print(f"{command}: interrupted", file=sys.stderr)
        return 130
