# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The `bgflow` command: finds the verbs that are installed and runs one."""

from __future__ import annotations

import argparse
import io
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

from bgflow_ros import __version__
from bgflow_ros.segmentation.errors import UserError

__all__ = ["main"]

GROUP = "bgflow.verbs"
"""A verb is a module with HELP, add_arguments(parser) and run(arguments) -> exit status, importable without what
only its run needs; EXTRA names the optional dependencies that run imports."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the verb that the command line names.

    Returns:
        0 on success, 1 where a verb did only part of its work, 2 where it could not start, 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(
        prog="bgflow",
        description="Background and foreground of indoor pictures.",
        epilog="bgflow VERB --help tells more",
    )
    parser.add_argument("--version", action="version", version=f"bgflow {__version__}")
    subparsers = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    verbs = {entry.name: entry.load() for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name)}
    for name, verb in verbs.items():
        verb.add_arguments(subparsers.add_parser(name, help=verb.HELP, description=verb.__doc__))
    arguments = parser.parse_args(argv)
    verb = verbs[arguments.verb]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names may be any bytes, and a terminal of any encoding
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whatever is open is closed, as after Ctrl-C
    try:
        return int(verb.run(arguments))
    except UserError as error:
        print(f"bgflow {arguments.verb}: {error}", file=sys.stderr)
        return error.status
    except ModuleNotFoundError as error:
        if not hasattr(verb, "EXTRA"):
            raise
        print(
            f"bgflow {arguments.verb}: needs {error.name}, which is not installed: in the checkout, "
            f"pip install '.[{verb.EXTRA}]'",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        print(f"bgflow {arguments.verb}: interrupted", file=sys.stderr)
        return 130
