# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Verbs of the `bgflow` command, which are found through the entry points of what is installed.

A verb is a module with a docstring, HELP (one sentence), GROUP (one of GROUPS), `add_arguments(parser)` and
`run(arguments) -> exit status`. It can be imported without what only `run` needs; EXTRA names the optional
dependencies that `run` imports. A verb whose `add_arguments` adds further verbs has no `run`.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

__all__ = ["GROUPS", "add_verbs", "installed_verbs"]

GROUPS = ("use", "make a model", "measure")
"""Headings under which the help lists verbs, in this order."""


class ParagraphFormatter(argparse.HelpFormatter):
    """Help formatter that wraps each paragraph by itself and keeps indented lines as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        paragraphs = text.strip("\n").split("\n\n")
        return "\n\n".join(
            "\n".join(indent + line for line in paragraph.splitlines())
            if paragraph.startswith(" ")
            else super(ParagraphFormatter, self)._fill_text(paragraph, width, indent)
            for paragraph in paragraphs
        )


@cache
def installed_verbs(group: str) -> Mapping[str, Any]:
    """Load the verbs of a group of entry points, in the order of their names."""
    return {entry.name: entry.load() for entry in sorted(entry_points(group=group), key=lambda entry: entry.name)}


def add_verbs(parser: argparse.ArgumentParser, verbs: Mapping[str, Any], metavar: str = "VERB") -> None:
    """Add verbs to a parser as subcommands, listed by group in its help.

    Parsing sets `verb` to the module that is to run and `command` to the words that named it.

    Args:
        parser: parser that has no subcommands yet.
        verbs: modules by name.
        metavar: placeholder for a verb in usage and messages.
    """
    parser.formatter_class = ParagraphFormatter
    subparsers = parser.add_subparsers(metavar=metavar, required=True, help="one of the commands below")
    for name, verb in verbs.items():
        subparser = subparsers.add_parser(name, description=verb.__doc__, formatter_class=ParagraphFormatter)
        subparser.set_defaults(verb=verb, command=subparser.prog)
        verb.add_arguments(subparser)
    width = max(map(len, verbs))
    for group in GROUPS:
        lines = [f"  {name:<{width}}  {verb.HELP}" for name, verb in verbs.items() if group == verb.GROUP]
        if lines:
            parser.add_argument_group(group, "\n".join(lines))
