# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Write the tables of doc/node.md from the node's own declarations: python doc/node_tables.py (with ROS).

A table stands between `<!-- NAME: generated -->` and `<!-- NAME: end -->`. A topic that the node publishes and that
has no meaning here is an error, so that a new one cannot be forgotten.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from bgflow_ros.node import outputs
from bgflow_ros.node.parameters import PARAMETERS, UNSET, Parameter

PAGE = Path(__file__).resolve().parent / "node.md"

MEANINGS = {
    "~/likelihood": "probability of background, 0 to 1",
    "~/foreground_mask": "255 = foreground, 0 = not foreground",
    "~/static_mask": "255 = surely static background, 0 = everything else, uncertain pixels included",
    "~/ignore_mask": "complement of the static mask: 255 = do not use this pixel",
    "~/overlay": "for people: foreground tinted red, static background outlined green",
    "~/camera_info": "calibration that describes the mask, with the mask's header",
    "~/static_depth/image": "depth in which all that is not static is invalid: 0 in 16UC1, NaN in 32FC1 (REP 118)",
    "~/static_depth/camera_info": "calibration of that depth image, with its header",
    "~/foreground_points": "foreground pixels that have depth, in the camera's optical frame; needs `camera_info`",
}
ENCODINGS = {
    "~/static_depth/image": "that of the incoming depth",
    "~/foreground_points": "x, y, z as float32, no NaN",
}


class Recorder:
    """Stands in for the node while its publishers are made, and notes what each would publish."""

    def __init__(self) -> None:
        self.types: dict[str, str] = {}

    def create_lifecycle_publisher(self, kind: Any, topic: str, *_: Any, **__: Any) -> None:
        """Note a topic and the type of its messages."""
        self.types[topic] = f"{kind.__module__.partition('.')[0]}/{kind.__name__}"


def topics() -> str:
    """Table of what the node publishes beside its diagnostics."""
    recorder = Recorder()
    outputs.Outputs(recorder)  # type: ignore[arg-type]
    encodings = {topic: encoding for topic, (encoding, _) in outputs.MAPS.items()} | ENCODINGS
    rows = [
        f"| `{topic}` | {kind} | {encodings.get(topic, '')} | {MEANINGS[topic]} |"
        for topic, kind in recorder.types.items()
    ]
    return "\n".join(["| topic | type | encoding | meaning |", "| --- | --- | --- | --- |", *rows])


def values(parameter: Parameter) -> str:
    """Describe the values that a parameter takes."""
    if parameter.choices:
        return ", ".join(f"`{choice}`" for choice in parameter.choices)
    if parameter.range is not None:
        low, high = parameter.range
        kind = "number" if isinstance(parameter.default, float) else "whole number"
        if low == UNSET:
            return f"{kind} between 0 and {high:g}, or {low:g}"
        return f"{kind}, {low:.10g} to {high:.10g}"
    return "true, false" if isinstance(parameter.default, bool) else "text"


def default(parameter: Parameter) -> str:
    """Show a parameter's default as it stands in a parameter file."""
    if isinstance(parameter.default, bool):
        return f"`{str(parameter.default).lower()}`"
    return f"`{parameter.default}`" if parameter.default != "" else "empty"


def parameters() -> str:
    """Table of the parameters."""
    rows = [
        f"| `{parameter.name}`{' *' if parameter.live else ''} | {default(parameter)} | {values(parameter)} | "
        f"{parameter.description.replace('|', chr(92) + '|')} |"
        for parameter in PARAMETERS
    ]
    return "\n".join(["| parameter | default | values | meaning |", "| --- | --- | --- | --- |", *rows])


def filled(page: str) -> str:
    """Return the page with both tables as they should be.

    Raises:
        ValueError: a table's markers are missing.
    """
    for name, table in (("topics", topics()), ("parameters", parameters())):
        page, found = re.subn(
            rf"(<!-- {name}: generated .*?-->\n\n).*?(\n\n<!-- {name}: end -->)",
            lambda match, table=table: match[1] + table + match[2],  # type: ignore[misc]
            page,
            flags=re.DOTALL,
        )
        if found != 1:
            raise ValueError(f"{PAGE.name} has {found} tables marked {name!r}; expected one")
    return page


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
