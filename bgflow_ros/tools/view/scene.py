# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The camera and its segmentation as entities in Rerun."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import rerun as rr

from bgflow_ros.segmentation.depth import Depth, Intrinsics
from bgflow_ros.segmentation.masks import OUTLINE, TINT

__all__ = ["AGE", "DEPTH", "FOREGROUND", "IMAGE", "LIKELIHOOD", "NODE", "POINTS", "RATE", "SHARE", "STATIC", "Scene"]

CAMERA = "camera"
IMAGE, LIKELIHOOD, DEPTH = f"{CAMERA}/image", f"{CAMERA}/likelihood", f"{CAMERA}/depth"
FOREGROUND, STATIC = f"{CAMERA}/foreground", f"{CAMERA}/static"
# Not below the camera, because Rerun shows everything below a pinhole as flat.
POINTS = "foreground_points"
AGE, RATE, SHARE, NODE = "statistics/age", "statistics/rate", "statistics/share", "statistics/node"
NAMES = {
    f"{AGE}/p50": "p50 (ms)",
    f"{AGE}/p95": "p95 (ms)",
    f"{AGE}/segment": "network and masks (ms)",
    f"{RATE}/input": "images (Hz)",
    f"{RATE}/output": "masks (Hz)",
    f"{SHARE}/foreground": "foreground (%)",
    f"{SHARE}/static": "surely static (%)",
}
"""Legends of the plots."""
COLORS = {f"{SHARE}/foreground": TINT, f"{SHARE}/static": OUTLINE}
"""Colours of the plots that show a mask, the same as those of the mask; Rerun chooses the others."""

JPEG_QUALITY = 85
FARTHEST = 8.0
"""Depth in metres at which the colour scale ends; a fixed scale does not flicker, and indoors little is farther."""
OPACITY = 0.6
"""Opacity of the masks on the image."""
THINNING = 4
"""Only one in this number of foreground points is shown, because all of them would dominate the data sent."""
RADIUS = 0.012
"""Radius of a foreground point in metres."""


class Scene:
    """Logs data to a recording, at the time that was last set.

    Args:
        recording: recording that ends in a window, a browser or a file.
    """

    def __init__(self, recording: rr.RecordingStream) -> None:
        self._recording = recording
        # The right-handed optical frame of REP-103 seen upright.
        recording.log("/", rr.ViewCoordinates.RDF, static=True)
        for entity, color in ((FOREGROUND, TINT), (STATIC, OUTLINE)):
            named = rr.AnnotationInfo(255, entity.rpartition("/")[2], color)
            # Class 0 is drawn transparent, so that masks can lie on the image.
            recording.log(entity, rr.AnnotationContext([rr.AnnotationInfo(0, "", (0, 0, 0, 0)), named]), static=True)
        for entity, name in NAMES.items():
            recording.log(entity, rr.SeriesLines(names=name, colors=COLORS.get(entity)), static=True)

    def at_stamp(self, nanoseconds: int) -> None:
        """Set the time to a ROS stamp."""
        self._recording.set_time("stamp", timestamp=np.datetime64(nanoseconds, "ns"))

    def at_second(self, second: float) -> None:
        """Set the time to a second since the start, as in a video."""
        self._recording.set_time("time", duration=second)

    def image(self, rgb: npt.NDArray[np.uint8]) -> None:
        """Show the camera's image, H x W x 3, with JPEG compression."""
        self._recording.log(IMAGE, rr.Image(rgb).compress(jpeg_quality=JPEG_QUALITY))

    def likelihood(self, likelihood: npt.NDArray[np.float32]) -> None:
        """Show the likelihood of background, H x W, 0 to 1, in whole per cent with a fixed colour scale."""
        # Only a tensor's colour map accepts a fixed range without calling the values metres. Per cent, because float32
        # would be by far the largest data sent, and Rerun's compression hardly shrinks it.
        values = np.rint(100 * likelihood).astype(np.uint8)
        self._recording.log(LIKELIHOOD, rr.Tensor(values, dim_names=("height", "width"), value_range=(0, 100)))

    def foreground(self, mask: npt.NDArray[np.uint8]) -> None:
        """Show the foreground mask, H x W, 0 or 255, and its share of the image."""
        self._mask(FOREGROUND, mask)

    def static(self, mask: npt.NDArray[np.uint8]) -> None:
        """Show the static mask, H x W, 0 or 255, and its share of the image."""
        self._mask(STATIC, mask)

    def _mask(self, entity: str, mask: npt.NDArray[np.uint8]) -> None:
        self._recording.log(entity, rr.SegmentationImage(mask, opacity=OPACITY))
        share = 100 * np.count_nonzero(mask) / mask.size
        self._recording.log(entity.replace(CAMERA, SHARE), rr.Scalars(share))

    def depth(self, depth: Depth) -> None:
        """Show depth, H x W, in millimetres or metres (REP 118)."""
        meter = 1000.0 if depth.dtype == np.uint16 else 1.0
        known: Depth = np.where(np.isfinite(depth), depth, depth.dtype.type(0))  # 0 is what Rerun leaves out
        shown = rr.DepthImage(known, meter=meter, depth_range=(0, FARTHEST * meter), colormap="turbo")
        self._recording.log(DEPTH, shown)

    def points(self, points: npt.NDArray[np.float32]) -> None:
        """Show one in THINNING foreground points, N x 3, in metres in the camera's optical frame."""
        self._recording.log(POINTS, rr.Points3D(points[::THINNING], colors=TINT, radii=RADIUS))

    def calibration(self, intrinsics: Intrinsics, width: int, height: int) -> None:
        """Place the camera's images in front of the points."""
        pinhole = rr.Pinhole(
            focal_length=(intrinsics.fx, intrinsics.fy),
            principal_point=(intrinsics.cx, intrinsics.cy),
            resolution=(width, height),
            image_plane_distance=0.5,
        )
        self._recording.log(CAMERA, pinhole, static=True)

    def statistics(self, values: Mapping[str, float]) -> None:
        """Plot numbers by their entity."""
        for entity, value in values.items():
            self._recording.log(entity, rr.Scalars(value))

    def node(self, markdown: str) -> None:
        """Show the state of the node."""
        self._recording.log(NODE, rr.TextDocument(markdown, media_type="text/markdown"))
