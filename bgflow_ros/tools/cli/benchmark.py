# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measure speed on this machine: of the node, of the packaged model beside other systems, or of making a model."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from bgflow_ros.tools.cli.verbs import add_verbs, installed_verbs

GROUP = "measure"
HELP = "Measure the speed of the node, the model or the training."
FORMER = {"--node": "bgflow benchmark node", "--offline": "bgflow benchmark training --data DATA"}
"""Options of an earlier version, and the commands that replace them."""


class _Former(argparse.Action):
    """Refuses an option of an earlier version and names its replacement."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """End the command with status 2."""
        option = self.option_strings[0]
        parser.exit(2, f"{parser.prog}: {option} is not an option any more; use: {FORMER[option]}\n")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the benchmarks that are installed, each with its own options."""
    benchmarks = installed_verbs("bgflow.benchmarks")
    add_verbs(parser, benchmarks, "|".join(benchmarks))
    for option in FORMER:
        parser.add_argument(option, action=_Former, nargs="?", help=argparse.SUPPRESS)
