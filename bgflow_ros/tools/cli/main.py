# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The `bgflow` command: finds the verbs that are installed and runs one."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Any

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
        return _run(arguments.verb, verb, arguments)
    except BrokenPipeError:  # whoever reads what is printed has seen enough, as `head` has
        _silence()
        return 1
    except OSError as error:
        _silence()
        with contextlib.suppress(OSError):
            print(f"bgflow {arguments.verb}: {error}", file=sys.stderr)
        return 1


def _run(name: str, verb: Any, arguments: argparse.Namespace) -> int:
    """Run a verb, and tell in one line why it could not."""
    try:
        status = int(verb.run(arguments))
        print(end="", flush=True)  # a full disk or a closed pipe is met here, and not when Python ends
        return status
    except UserError as error:
        print(f"bgflow {name}: {error}", file=sys.stderr)
        return error.status
    except ModuleNotFoundError as error:
        if not hasattr(verb, "EXTRA"):
            raise
        print(
            f"bgflow {name}: needs {error.name}, which is not installed: in the checkout, "
            f"pip install '.[{verb.EXTRA}]'",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        print(f"bgflow {name}: interrupted", file=sys.stderr)
        return 130


def _silence() -> None:
    """Let what is left to print go nowhere, so that Python does not fail at it when it ends."""
    with contextlib.suppress(OSError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
