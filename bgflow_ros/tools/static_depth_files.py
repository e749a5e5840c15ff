# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Static depth of a recording of colour and depth, as files that take the place of the recording's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bgflow_ros.media.frames import Failures
from bgflow_ros.media.rgbd_recording import Recording, read_pair
from bgflow_ros.segmentation.depth import static_depth
from bgflow_ros.segmentation.encoding import encode_file
from bgflow_ros.segmentation.errors import ImageError
from bgflow_ros.segmentation.files import write_atomically
from bgflow_ros.segmentation.segmenter import Segmenter

__all__ = ["write_static_depth"]


def write_static_depth(
    recording: Recording, segmenter: Segmenter, out: Path, keeps: str, advance: Callable[[], Any]
) -> Failures:
    """Write the depth that a mask keeps under the names that it has, then depth.txt.

    Args:
        recording: The recording.
        segmenter: Segmenter.
        out: Folder to write; its depth.txt and depth images take the place of the recording's.
        keeps: What keeps its depth: `static`, or all that is `not_foreground`.
        advance: Called after each depth image.

    Returns:
        Images that could not be used; their depth is missing from the folder and from depth.txt.

    Raises:
        OSError: A file cannot be written.
    """
    failures, lines = Failures(), ["# timestamp filename"]
    for pair in recording.pairs:
        try:
            depth, rgb = read_pair(recording, pair)
            kept = static_depth(depth, getattr(segmenter(rgb), keeps))
            write_atomically(out / pair.depth, encode_file(kept, ".png"))
            lines.append(f"{pair.time:.6f} {pair.depth}")
        except ImageError as error:
            failures.add(error)
        advance()
    write_atomically(out / "depth.txt", "".join(f"{line}\n" for line in lines).encode())
    return failures
