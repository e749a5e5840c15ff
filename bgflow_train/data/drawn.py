# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Images with masks drawn as polygons, and collages.

The polygons are LabelMe files in folders beside this file: those of a generalization set like the paper's (IV-A), and
those of photographs of other rooms to train on. The images are not part of the project.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import jsonschema
import numpy as np
import numpy.typing as npt

from bgflow_ros.media.image_files import read_image
from bgflow_ros.segmentation.errors import ImageError
from bgflow_train.data.base import BACKGROUND, FOREGROUND, VOID, DatasetError, IndexedDataset, Sample

__all__ = ["DRAWN_GENERALIZATION", "DRAWN_ROOMS", "DrawnDataset"]

DRAWN_GENERALIZATION, DRAWN_ROOMS = (Path(__file__).with_name(name) for name in ("generalization", "drawn_rooms"))
"""Folders of the polygons."""
LABELS = {"background": BACKGROUND, "foreground": FOREGROUND, "void": VOID}
POINTS = {"type": "array", "minItems": 3, "items": {"type": "array", "items": {"type": "number"}, "minItems": 2}}
SHAPE = {
    "type": "object",
    "required": ["label", "points", "shape_type"],
    "properties": {"label": {"enum": list(LABELS)}, "points": POINTS, "shape_type": {"const": "polygon"}},
}
PIECE = {
    "type": "object",
    "required": ["imagePath", "points", "scale", "at"],
    "properties": {
        "imagePath": {"type": "string"},
        "points": POINTS,
        "scale": {"type": "number", "exclusiveMinimum": 0},
        "at": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
    },
}
DRAWING = {
    "type": "object",
    "required": ["imagePath", "imageHeight", "imageWidth", "shapes"],
    "properties": {
        "imagePath": {"type": "string"},
        "shapes": {"type": "array", "items": SHAPE},
        "pieces": {"type": "array", "items": PIECE},
    },
}
"""JSON schema of the parts of a LabelMe file that are read, and of the pieces of collages."""


class DrawnDataset(IndexedDataset):
    """Images with masks drawn in LabelMe.

    Shapes are painted in their order, later ones over earlier ones; pixels that no shape covers are background. A
    collage also has `pieces`: cut-outs of other images that are scaled, pasted and labelled foreground.

    Args:
        root: Folder that the files' `imagePath` is relative to.
        drawn: Folder of LabelMe's .json files; the stem of a file is the id.
        ids: Ids to read, in this order; None for all, sorted.
        name: Name of the set in tables and logs.

    Raises:
        DatasetError: There are no polygons, or an id or an image is missing.
    """

    def __init__(
        self, root: Path, drawn: Path = DRAWN_GENERALIZATION, ids: list[str] | None = None, name: str = "drawn"
    ) -> None:
        super().__init__(name, sorted(path.stem for path in drawn.glob("*.json")) if ids is None else list(ids))
        self.root = root
        self.files = [drawn / f"{id}.json" for id in self.ids]
        self.drawings = [_load(file) for file in self.files]
        for file, drawing in zip(self.files, self.drawings, strict=True):
            for image in _image_paths(drawing):
                if not (root / image).is_file():
                    raise DatasetError(f"{root / image} does not exist; {file.name} was drawn on it")

    def __getitem__(self, index: int) -> Sample:
        file, drawing = self.files[index], self.drawings[index]
        rgb = self._read(drawing["imagePath"])
        size = (drawing["imageHeight"], drawing["imageWidth"])
        if rgb.shape[:2] != size:
            raise DatasetError(f"{drawing['imagePath']} is {rgb.shape[:2]}; {file.name} was drawn on {size}")
        mask = np.full(size, BACKGROUND, np.uint8)
        for shape in drawing["shapes"]:
            cv2.fillPoly(
                mask, [np.asarray(shape["points"], np.float64).round().astype(np.int32)], LABELS[shape["label"]]
            )
        for piece in drawing.get("pieces", ()):
            self._paste(piece, rgb, mask, file)
        return Sample(rgb, mask, self.ids[index])

    def _read(self, image: str) -> npt.NDArray[np.uint8]:
        try:
            return read_image(self.root / image)
        except ImageError as error:
            raise DatasetError(f"{self.root / image}: {error}") from error

    def _paste(
        self, piece: dict[str, Any], rgb: npt.NDArray[np.uint8], mask: npt.NDArray[np.uint8], file: Path
    ) -> None:
        """Paste a cut-out with the upper left corner of its bounding box at `at`, clipped to the image."""
        points = np.asarray(piece["points"], np.float64).round().astype(np.int32)
        x, y, width, height = cv2.boundingRect(points)
        source = self._read(piece["imagePath"])
        # A point may lie on the edge of the image, one pixel beyond its last one.
        if min(x, y) < 0 or x + width - 1 > source.shape[1] or y + height - 1 > source.shape[0]:
            raise DatasetError(f"{file} cuts a piece out of {piece['imagePath']} that extends beyond that image")
        source = source[y : y + height, x : x + width]
        cut = cv2.fillPoly(np.zeros(source.shape[:2], np.uint8), [points - (x, y)], 1)
        size = [max(1, round(side * piece["scale"])) for side in source.shape[1::-1]]
        smooth = cv2.INTER_AREA if piece["scale"] < 1 else cv2.INTER_LINEAR
        source = np.asarray(cv2.resize(source, size, interpolation=smooth), np.uint8)
        cut = cv2.resize(cut, size, interpolation=cv2.INTER_NEAREST)
        left, top = piece["at"]
        rows = slice(max(0, top), max(0, top, min(mask.shape[0], top + size[1])))
        columns = slice(max(0, left), max(0, left, min(mask.shape[1], left + size[0])))
        inside = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
        covered = cut[inside] == 1
        rgb[rows, columns][covered] = source[inside][covered]
        mask[rows, columns][covered] = FOREGROUND

    def _content(self, index: int) -> Iterable[bytes]:
        yield self.files[index].read_bytes()
        for image in _image_paths(self.drawings[index]):
            yield (self.root / image).read_bytes()


def _load(file: Path) -> dict[str, Any]:
    """Read and check a drawing."""
    try:
        drawing = json.loads(file.read_text())
        jsonschema.validate(drawing, DRAWING)
    except OSError as error:
        raise DatasetError(f"{file} does not exist; expected a LabelMe file") from error
    except (ValueError, jsonschema.ValidationError) as error:
        what = error.message if isinstance(error, jsonschema.ValidationError) else str(error)
        raise DatasetError(
            f"{file} is not a drawing: {what[:200]}; expected LabelMe's polygons of {', '.join(LABELS)}"
        ) from error
    return dict(drawing)


def _image_paths(drawing: dict[str, Any]) -> list[str]:
    """List the paths of all images that a drawing takes pixels from."""
    return [drawing["imagePath"], *(piece["imagePath"] for piece in drawing.get("pieces", ()))]
