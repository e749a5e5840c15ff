# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The camera and its segmentation as entities in Rerun."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import rerun as rr

from bgflow_ros.segmentation.depth import Depth, Intrinsics
from bgflow_ros.segmentation.labels import BACKGROUND, NAMES, UNLABELLED, labels
from bgflow_ros.segmentation.labels import FOREGROUND as FOREGROUND_LABEL
from bgflow_ros.segmentation.masks import OUTLINE, TINT
from bgflow_ros.segmentation.segmenter import Segmentation
from bgflow_ros.tools.view.voxel_map import VOXEL

__all__ = [
    "ABSENT",
    "AGE",
    "CAMERA",
    "CHANGE",
    "DEPTH",
    "FOREGROUND",
    "IMAGE",
    "LABELS",
    "LIKELIHOOD",
    "NODE",
    "PLACE",
    "POINTS",
    "RATE",
    "SHARE",
    "STATIC",
    "Scene",
]

CAMERA = "camera"
IMAGE, LIKELIHOOD, DEPTH = f"{CAMERA}/image", f"{CAMERA}/likelihood", f"{CAMERA}/depth"
FOREGROUND, STATIC, LABELS = f"{CAMERA}/foreground", f"{CAMERA}/static", f"{CAMERA}/labels"
# Not below the camera, because Rerun shows everything below a pinhole as flat.
POINTS = "foreground_points"
PLACE = "place"
"""The world, z up (REP 103), with the map, what is new and gone in it, and the camera where it looks from."""
MAP, NEW, GONE, VIEWPOINT = f"{PLACE}/map", f"{PLACE}/new", f"{PLACE}/gone", f"{PLACE}/viewpoint"
AGE, RATE, SHARE, NODE = "statistics/age", "statistics/rate", "statistics/share", "statistics/node"
CHANGE = "statistics/change"
LEGENDS = {
    f"{AGE}/p50": "p50 (ms)",
    f"{AGE}/p95": "p95 (ms)",
    f"{AGE}/segment": "network and masks (ms)",
    f"{RATE}/input": "images (Hz)",
    f"{RATE}/output": "masks (Hz)",
    f"{SHARE}/foreground": "foreground (%)",
    f"{SHARE}/static": "surely static (%)",
    f"{CHANGE}/new": "new (m²)",
    f"{CHANGE}/gone": "gone (m²)",
}
"""Legends of the plots."""
ABSENT = (64, 128, 255)
"""Colour of what is gone; what is new has that of foreground."""
COLORS = {
    f"{SHARE}/foreground": TINT,
    f"{SHARE}/static": OUTLINE,
    f"{CHANGE}/new": TINT,
    f"{CHANGE}/gone": ABSENT,
}
"""Colours of the plots that show a mask, the same as those of the mask, or a change; Rerun chooses
the others."""

ROOM = (96, 128, 160)
"""Colour of the label of background."""
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
        named_labels = [
            (UNLABELLED, "unlabelled", (0, 0, 0)),
            (BACKGROUND, NAMES[BACKGROUND], ROOM),
            (FOREGROUND_LABEL, NAMES[FOREGROUND_LABEL], TINT),
        ]
        recording.log(LABELS, rr.AnnotationContext([rr.AnnotationInfo(*label) for label in named_labels]), static=True)
        recording.log(PLACE, rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
        for entity, name in LEGENDS.items():
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

    def labels(self, labels: npt.NDArray[np.uint8]) -> None:
        """Show the labels, H x W, as semantic costmaps get them."""
        self._recording.log(LABELS, rr.SegmentationImage(labels, opacity=OPACITY))

    def segmentation(self, found: Segmentation) -> None:
        """Show likelihood, masks and labels of an image."""
        self.likelihood(found.likelihood)
        self.foreground(found.foreground)
        self.static(found.static)
        self.labels(labels(found.foreground))

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
        self._recording.log(CAMERA, _pinhole(intrinsics, width, height), static=True)

    def viewpoint(self, intrinsics: Intrinsics, pose: npt.NDArray[np.float64], width: int, height: int) -> None:
        """Show where the camera looks from, by its pose in the place, 4 x 4."""
        self._recording.log(VIEWPOINT, rr.Transform3D(translation=pose[:3, 3], mat3x3=pose[:3, :3]))
        self._recording.log(VIEWPOINT, _pinhole(intrinsics, width, height))

    def map(self, centers: npt.NDArray[np.float32], colors: npt.NDArray[np.uint8]) -> None:
        """Show the map by the centres of its voxels, N x 3, in metres, and their colours, N x 3."""
        self._recording.log(MAP, rr.Points3D(centers, colors=colors, radii=VOXEL / 2))

    def difference(self, new: npt.NDArray[np.float32], gone: npt.NDArray[np.float32]) -> None:
        """Show the voxels that are new and those that are gone, N x 3, in metres, and the area of their surface."""
        for entity, centers, color in ((NEW, new, TINT), (GONE, gone, ABSENT)):
            self._recording.log(entity, rr.Points3D(centers, colors=color, radii=0.6 * VOXEL))
            self._recording.log(entity.replace(PLACE, CHANGE), rr.Scalars(len(centers) * VOXEL**2))

    def statistics(self, values: Mapping[str, float]) -> None:
        """Plot numbers by their entity."""
        for entity, value in values.items():
            self._recording.log(entity, rr.Scalars(value))

    def node(self, markdown: str) -> None:
        """Show the state of the node."""
        self._recording.log(NODE, rr.TextDocument(markdown, media_type="text/markdown"))


def _pinhole(intrinsics: Intrinsics, width: int, height: int) -> rr.Pinhole:
    return rr.Pinhole(
        focal_length=(intrinsics.fx, intrinsics.fy),
        principal_point=(intrinsics.cx, intrinsics.cy),
        resolution=(width, height),
        image_plane_distance=0.5,
    )
