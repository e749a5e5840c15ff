# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""ORB-SLAM3 (Campos et al. 2021) on the frames of a drive, in a process of its own.

It takes no mask: what a mask leaves out has no depth, as when it is given ~/static_depth.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["OrbSlamError", "track"]

Array = npt.NDArray[np.float64]

SETTINGS = """%YAML:1.0
File.version: "1.0"
Camera.type: "PinHole"
Camera1.fx: {fx}
Camera1.fy: {fy}
Camera1.cx: {cx}
Camera1.cy: {cy}
Camera.width: {width}
Camera.height: {height}
Camera.fps: {rate}
Camera.RGB: 1
Stereo.ThDepth: 40.0
Stereo.b: 0.07732
RGBD.DepthMapFactor: 1.0
ORBextractor.nFeatures: 1000
ORBextractor.scaleFactor: 1.2
ORBextractor.nLevels: 8
ORBextractor.iniThFAST: 20
ORBextractor.minThFAST: 7
Viewer.KeyFrameSize: 0.05
Viewer.KeyFrameLineWidth: 1.0
Viewer.GraphLineWidth: 0.9
Viewer.PointSize: 2.0
Viewer.CameraSize: 0.08
Viewer.CameraLineWidth: 3.0
Viewer.ViewpointX: 0.0
Viewer.ViewpointY: -0.7
Viewer.ViewpointZ: -1.8
Viewer.ViewpointF: 500.0
"""
"""ORB-SLAM3's own settings for TUM's RGB-D benchmark, with another camera."""


class OrbSlamError(Exception):
    """ORB-SLAM3 ended before the drive did; the message has its last output."""


def track(
    times: Array,
    grays: npt.NDArray[np.uint8],
    depths: npt.NDArray[np.float32],
    matrix: Array,
    vocabulary: Path,
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Track a camera at the rate of its stamps.

    Args:
        times: Stamps in seconds, N.
        grays: Images, N x H x W.
        depths: Depth in metres, N x H x W; NaN where it is unknown or masked.
        matrix: Camera matrix of a pinhole, 3 x 3.
        vocabulary: File of the vocabulary.

    Returns:
        Poses in the frame of the first one that was found, N x 4 x 4, NaN where none was; and N flags of poses that
        begin a new map, whose frame is another.

    Raises:
        OrbSlamError: See there.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        height, width = grays.shape[1:]
        rate = round((len(times) - 1) / (times[-1] - times[0]))
        (fx, _, cx), (_, fy, cy) = matrix[:2].tolist()
        settings = SETTINGS.format(fx=fx, fy=fy, cx=cx, cy=cy, width=width, height=height, rate=rate)
        (folder / "settings.yaml").write_text(settings)
        np.savez(folder / "frames.npz", times=times, grays=grays, depths=np.nan_to_num(depths))
        command = [sys.executable, "-m", __name__, str(folder), str(vocabulary)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if not (folder / "poses.npz").exists():
            raise OrbSlamError(f"status {ended.returncode}: {(ended.stdout + ended.stderr)[-500:]}")
        found = np.load(folder / "poses.npz")
        return found["poses"], found["fresh"]


def _run(folder: Path, vocabulary: Path) -> None:
    from pyorbslam3 import Sensor, Slam, TrackingState

    cv2.setNumThreads(1)
    frames = np.load(folder / "frames.npz")
    poses, fresh = [], []
    with Slam(vocabulary, folder / "settings.yaml", Sensor.RGBD) as slam:
        begun = time.monotonic() - frames["times"][0]
        for stamp, gray, depth in zip(frames["times"], frames["grays"], frames["depths"], strict=True):
            time.sleep(max(0.0, begun + stamp - time.monotonic()))
            result = slam.track_rgbd(gray, depth, stamp)
            pose = result.pose_wc if result.state == TrackingState.OK else np.full((4, 4), np.nan)
            poses.append(pose)
            # A map begins where its first image was taken; nothing else tells that the last one was given up.
            fresh.append(np.array_equal(pose, np.eye(4)))
    # In one step, so that there are all poses or none; then without ORB-SLAM3's destructors, which can crash.
    np.savez(folder / "part.npz", poses=np.array(poses, np.float64), fresh=np.array(fresh))
    (folder / "part.npz").rename(folder / "poses.npz")


if __name__ == "__main__":
    _run(Path(sys.argv[1]), Path(sys.argv[2]))
