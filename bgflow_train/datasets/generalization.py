# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A generalization set like the paper's (IV-A): masks drawn as polygons over pictures of many sources, and collages.

The polygons are LabelMe files in the folder `generalization/` beside this file; the pictures are not the project's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.images import ImageError, decode_compressed
from bgflow_train.datasets.base import BACKGROUND, FOREGROUND, VOID, DatasetError, IndexedDataset, Sample

__all__ = ["DRAWN", "DrawnDataset"]

DRAWN = Path(__file__).with_name("generalization")
"""Folder of the polygons."""
LABELS = {"background": BACKGROUND, "foreground": FOREGROUND, "void": VOID}

Polygon = npt.NDArray[np.int32]


class DrawnDataset(IndexedDataset):
    """Pictures with masks drawn in LabelMe.

    Shapes are painted in their order, later ones over earlier ones; what none covers is background. A collage has
    `pieces` as well: cut-outs of other pictures, scaled and pasted, foreground by themselves.

    Args:
        root: folder that the files' `imagePath` starts from.
        drawn: folder of LabelMe's .json files; a file's stem is the id.
        ids: to read, in this order; all, sorted, where None.
        name: what to call the set in tables and logs.

    Raises:
        DatasetError: there are no polygons, or an id or a picture is missing.
    """

    def __init__(self, root: Path, drawn: Path = DRAWN, ids: list[str] | None = None, name: str = "drawn") -> None:
        super().__init__(name, sorted(path.stem for path in drawn.glob("*.json")) if ids is None else list(ids))
        self.root = root
        self.files = [drawn / f"{id}.json" for id in self.ids]
        for file in self.files:
            if not file.is_file():
                raise DatasetError(f"{file} is not there; expected a LabelMe file")
            for picture in _pictures(json.loads(file.read_text())):
                if not (root / picture).is_file():
                    raise DatasetError(f"{root / picture} is not there; {file.name} was drawn on it")

    def __getitem__(self, index: int) -> Sample:
        file = self.files[index]
        drawing = json.loads(file.read_text())
        rgb = self._read(drawing["imagePath"])
        size = (drawing["imageHeight"], drawing["imageWidth"])
        if rgb.shape[:2] != size:
            raise DatasetError(f"{drawing['imagePath']} is {rgb.shape[:2]}; {file.name} was drawn on {size}")
        mask = np.full(size, BACKGROUND, np.uint8)
        for shape in drawing["shapes"]:
            if shape["label"] not in LABELS or shape["shape_type"] != "polygon":
                raise DatasetError(
                    f"{file} has a {shape['shape_type']} of {shape['label']!r}; expected polygons of "
                    f"{', '.join(LABELS)}"
                )
            cv2.fillPoly(
                mask, [np.asarray(shape["points"], np.float64).round().astype(np.int32)], LABELS[shape["label"]]
            )
        for piece in drawing.get("pieces", ()):
            self._paste(piece, rgb, mask)
        return Sample(rgb, mask, self.ids[index])

    def _read(self, picture: str) -> npt.NDArray[np.uint8]:
        try:
            # A copy, because a collage is pasted into it.
            return decode_compressed((self.root / picture).read_bytes()).copy()
        except ImageError as error:
            raise DatasetError(f"{self.root / picture}: {error}") from error

    def _paste(self, piece: dict[str, Any], rgb: npt.NDArray[np.uint8], mask: npt.NDArray[np.uint8]) -> None:
        """Paste a cut-out whose bounding box's upper left corner comes to lie at `at`; what juts out is cut off."""
        points = np.asarray(piece["points"], np.float64).round().astype(np.int32)
        x, y, width, height = cv2.boundingRect(points)
        source = self._read(piece["imagePath"])[y : y + height, x : x + width]
        cut = cv2.fillPoly(np.zeros(source.shape[:2], np.uint8), [points - (x, y)], 1)
        # The polygon may reach a pixel beyond its picture.
        size = [max(1, round(side * piece["scale"])) for side in source.shape[1::-1]]
        smooth = cv2.INTER_AREA if piece["scale"] < 1 else cv2.INTER_LINEAR
        source = np.asarray(cv2.resize(source, size, interpolation=smooth), np.uint8)
        cut = cv2.resize(cut, size, interpolation=cv2.INTER_NEAREST)
        left, top = piece["at"]
        rows = slice(max(0, top), min(mask.shape[0], top + size[1]))
        columns = slice(max(0, left), min(mask.shape[1], left + size[0]))
        inside = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
        covered = cut[inside] == 1
        rgb[rows, columns][covered] = source[inside][covered]
        mask[rows, columns][covered] = FOREGROUND

    def _content(self, index: int) -> Iterable[bytes]:
        drawing = json.loads(self.files[index].read_text())
        yield self.files[index].read_bytes()
        for picture in _pictures(drawing):
            yield (self.root / picture).read_bytes()


def _pictures(drawing: dict[str, Any]) -> list[str]:
    """Paths of all pictures that a drawing takes pixels from."""
    return [drawing["imagePath"], *(piece["imagePath"] for piece in drawing.get("pieces", ()))]
