# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""NYU Depth v2 (Silberman et al., "Indoor Segmentation and Support Inference from RGBD Images", ECCV 2012).

The original file, nyu_depth_v2_labeled.mat, holds 1449 labelled images of 464 indoor scenes. They are the images of the
folder layout before JPEG compression, with the same masks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from bgflow_train.data.base import BACKGROUND, FOREGROUND, VOID, DatasetError, IndexedDataset, Sample

__all__ = ["BACKGROUND_NAMES", "NyuMat"]

BACKGROUND_NAMES = frozenset({"wall", "floor", "ceiling", "window"})
"""Names, of 894 in the file, that the 40 classes map to wall, floor, ceiling and window (1, 2, 22, 9)."""
SOURCE = (
    "'Labeled dataset (~2.8 GB)', nyu_depth_v2_labeled.mat, at https://cs.nyu.edu/~fergus/datasets/nyu_depth_v2.html"
)


class NyuMat(IndexedDataset):
    """Labelled images of NYU Depth v2 in the file that its authors distribute; an image is read when it is reached.

    MATLAB stores columns first, so that h5py sees the images as N x 3 x width x height. Labels are N x width x height,
    with 0 for unlabelled pixels and otherwise the position in the list of names, from 1.

    Args:
        path: The file nyu_depth_v2_labeled.mat.
        ids: Ids to read, in this order: the official numbers from 1, with four digits such as `0001`; None for all.
        name: Name of the set in tables and logs.

    Raises:
        DatasetError: The file is missing, not MATLAB v7.3 or another data set, an id is not in it, or there is no id.
    """

    def __init__(self, path: Path, ids: Sequence[str] | None = None, name: str = "nyu") -> None:
        self.path = path
        if not path.is_file():
            raise DatasetError(f"{path} does not exist; get {SOURCE}")
        with self._open() as file:
            images = self._check(file)
            # Maps each label to its value in a mask.
            self._table = np.array(
                [VOID, *(BACKGROUND if name in BACKGROUND_NAMES else FOREGROUND for name in _names(file))], np.uint8
            )
        numbers = {f"{number:04d}": number - 1 for number in range(1, images + 1)}
        missing = [id for id in ids or () if id not in numbers]
        if missing:
            raise DatasetError(
                f"{len(missing)} of {len(ids or ())} ids are not in {path}; the first is {missing[0]!r}, expected "
                f"numbers from '0001' to '{images:04d}'"
            )
        super().__init__(name, list(numbers if ids is None else ids))
        self._numbers = [numbers[id] for id in self.ids]

    def __getitem__(self, index: int) -> Sample:
        number, id = self._numbers[index], self.ids[index]
        with self._open() as file:
            rgb: npt.NDArray[np.uint8] = np.ascontiguousarray(file["images"][number].transpose(2, 1, 0))
            labels: npt.NDArray[np.uint16] = np.ascontiguousarray(file["labels"][number].T)
        if labels.max() >= len(self._table):
            raise DatasetError(
                f"{self.path}: image {id} has the label {labels.max()}; expected at most {len(self._table) - 1}, "
                "the number of names"
            )
        return Sample(rgb, self._table[labels], id)

    def _content(self, index: int) -> Iterable[bytes]:
        rgb, mask, _ = self[index]
        return str(rgb.shape).encode(), rgb.tobytes(), mask.tobytes()

    @contextmanager
    def _open(self) -> Iterator[h5py.File]:
        # The file is opened for each image, which takes a millisecond, because an open file does not survive a fork.
        try:
            with h5py.File(self.path, "r") as file:
                yield file
        except (OSError, RuntimeError, KeyError) as error:  # Which one depends on where the file is damaged.
            raise DatasetError(
                f"{self.path} cannot be read ({error}); expected MATLAB v7.3 (HDF5). If it is an older .mat or "
                f"damaged, get {SOURCE}"
            ) from error

    def _check(self, file: h5py.File) -> int:
        """Check the structure of the file, and count its images.

        Raises:
            DatasetError: The file has another structure.
        """
        shapes = {name: item.shape if isinstance(item, h5py.Dataset) else None for name, item in file.items()}
        missing = {"images", "labels", "names"} - shapes.keys()
        if missing:
            raise DatasetError(
                f"{self.path} lacks {', '.join(sorted(missing))}; it has {', '.join(shapes) or 'nothing'}. "
                f"Expected {SOURCE}"
            )
        images, labels, names = shapes["images"], shapes["labels"], shapes["names"]
        if not images or len(images) != 4 or images[1] != 3 or labels != (images[0], *images[2:]) or not names:
            raise DatasetError(
                f"{self.path}: images are {images}, labels {labels}, names {names}; expected "
                "N x 3 x width x height, N x width x height and 1 x (number of names)"
            )
        kinds = file["images"].dtype, file["labels"].dtype
        if kinds != (np.uint8, np.uint16) or not h5py.check_ref_dtype(file["names"].dtype):
            raise DatasetError(
                f"{self.path}: images are {kinds[0]}, labels {kinds[1]}, names {file['names'].dtype}; expected "
                "uint8, uint16 and references to strings"
            )
        return int(images[0])


def _names(file: h5py.File) -> list[str]:
    # A MATLAB string is an array of UTF-16 code units.
    return ["".join(map(chr, file[reference][()].ravel())) for reference in file["names"][()].ravel()]
