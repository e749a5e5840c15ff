# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Structure from motion by COLMAP (Schoenberger and Frahm, 2016), with masks in files like those of `bgflow segment`.

It knows no depth, so its poses have no scale: they are scaled to the true ones.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["reconstruct"]

Array = npt.NDArray[np.float64]

OVERLAP = 10
"""Each image is matched to this many that follow."""


def reconstruct(
    grays: Sequence[npt.NDArray[np.uint8]], masks: Sequence[npt.NDArray[np.uint8]], matrix: Array, seed: int
) -> Array:
    """Reconstruct the poses of a camera.

    Args:
        grays: Images of a pinhole, each H x W, in the order in which they were taken.
        masks: Their masks, each H x W; what is 0 is excluded.
        matrix: Camera matrix, 3 x 3.
        seed: Seed of RANSAC.

    Returns:
        Poses in the frame of the largest model, N x 4 x 4, of unknown scale; NaN where an image is not in it.
    """
    import pycolmap

    pycolmap.logging.minloglevel = 3
    pycolmap.set_random_seed(seed)
    poses = np.full((len(grays), 4, 4), np.nan)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in ("images", "masks", "models"):
            (folder / kind).mkdir()
        names = [f"{number:06d}.png" for number in range(len(grays))]
        for file, gray, mask in zip(names, grays, masks, strict=True):
            cv2.imwrite(str(folder / "images" / file), gray)
            cv2.imwrite(str(folder / "masks" / f"{file}.png"), mask)
        camera = ",".join(map(str, (matrix[0, 0], matrix[1, 1], matrix[0, 2] + 0.5, matrix[1, 2] + 0.5)))
        reader = pycolmap.ImageReaderOptions(mask_path=folder / "masks", camera_model="PINHOLE", camera_params=camera)
        database = folder / "database.db"
        cpu = pycolmap.Device.cpu
        pycolmap.extract_features(
            database, folder / "images", camera_mode=pycolmap.CameraMode.SINGLE, reader_options=reader, device=cpu
        )
        pairs = pycolmap.SequentialPairingOptions(overlap=OVERLAP, quadratic_overlap=False)
        pycolmap.match_sequential(database, pairing_options=pairs, device=cpu)
        options = pycolmap.IncrementalPipelineOptions(
            ba_refine_focal_length=False, ba_refine_extra_params=False, random_seed=seed
        )
        models = pycolmap.incremental_mapping(database, folder / "images", folder / "models", options)
        largest = max(models.values(), key=lambda model: model.num_reg_images(), default=None)
        if largest is not None:
            for image in largest.images.values():
                if image.has_pose:
                    pose = np.vstack([image.cam_from_world().matrix(), [0, 0, 0, 1]])
                    poses[names.index(image.name)] = np.linalg.inv(pose)
    return poses
