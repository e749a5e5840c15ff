# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Calls of a system on an image, in the process that is measured.

Systems that are one graph run as a model folder in the robot's own `Segmenter`, so that letterbox, session options and
masks are the same code for all. Only the nearest-neighbour search imports torch.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation import masks
from bgflow_ros.segmentation.letterbox import letterbox, upsample
from bgflow_ros.segmentation.model import PROTOBUF_BYTES, Model
from bgflow_ros.segmentation.runtime import Runtime
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.studies.speed.sessions import open_session

__all__ = ["FEATURES", "NEIGHBOURS", "STORED", "Call", "Caller"]

Image = npt.NDArray[np.uint8]
Grid = npt.NDArray[np.float32]

FEATURES = "features.onnx"
STORED, NEIGHBOURS = 30_000, 50
"""Stored descriptors of each layer, and neighbours that the kNN searches for. Time and memory of the search are
proportional to the first; the paper's memory (its Table III) amounts to 0.7 to 10.7 million a layer."""


@dataclass(frozen=True)
class Call:
    """Way to call a system."""

    model: str | None = None
    """Name of a packaged model; None for the folder that was written."""
    precision: str = "float32"
    device: str | None = None
    """Device in place of the processor that the others run on."""
    search: bool = False
    """The folder holds a graph of features, and descriptors to search."""

    def imports(self) -> None:
        """Import further libraries that `open` needs, so that they do not count as memory of the system."""
        if self.search:
            import bgflow_train.model.densities  # noqa: F401

    def open(self, folder: Path, device: str, threads: int) -> Caller:
        """Load the system and run it once."""
        if self.search:
            return Search(folder, device, threads)
        # The paper's flows at full size have 877 MB, more than the node of a robot loads.
        model = Model.load(folder if self.model is None else self.model, PROTOBUF_BYTES)
        return Folder(Segmenter(model, self.device or device, threads, self.precision))


class Stopwatch:
    """Proxy of a network that keeps the time of its last image.

    Args:
        network: maps the letterboxed canvas to the coarse map.
    """

    def __init__(self, network: Callable[[Image], Grid]) -> None:
        self._network, self.seconds = network, 0.0

    def __call__(self, canvas: Image) -> Grid:
        """Run the network."""
        begin = time.perf_counter()
        grid = self._network(canvas)
        self.seconds = time.perf_counter() - begin
        return grid

    def __getattr__(self, name: str) -> Any:
        return getattr(self._network, name)


class Caller(ABC):
    """Loaded system, called on one image.

    Args:
        network: network of the system.
    """

    def __init__(self, network: Callable[[Image], Grid]) -> None:
        self.network = Stopwatch(network)

    @abstractmethod
    def __call__(self, image: Image) -> Image:
        """Compute the foreground mask (H x W, 255 = foreground) of an RGB image (H x W x 3)."""


class Folder(Caller):
    """Model folder, run as on a robot."""

    def __init__(self, segmenter: Segmenter) -> None:
        super().__init__(segmenter.runtime)
        segmenter.runtime = cast("Runtime", self.network)
        self.segmenter = segmenter

    def __call__(self, image: Image) -> Image:
        """Compute the foreground mask."""
        return self.segmenter(image).foreground


class Search(Caller):
    """The paper's kNN ensemble: a graph computes the maps of the layers, faiss finds the neighbours of every cell.

    Args:
        folder: folder of `systems.write_knn`.
        device: device of the graph; the search runs on the processor.
        threads: CPU threads of both.
    """

    STRIDE = 8
    """Stride of the finest layer, at whose grid the layers are fused."""

    def __init__(self, folder: Path, device: str, threads: int) -> None:
        import faiss
        import safetensors.torch
        import torch

        from bgflow_train.model.densities import KNN

        super().__init__(self._grid)
        faiss.omp_set_num_threads(threads)
        torch.set_num_threads(threads)
        self._tensor: Any = torch.from_numpy
        self.session = open_session(folder / FEATURES, device, threads)
        shape = self.session.get_inputs()[0].shape
        self.densities = []
        for output in self.session.get_outputs():
            density = KNN(output.shape[1], neighbours=NEIGHBOURS, stored=STORED)
            density.load_state_dict(safetensors.torch.load_file(folder / f"{output.name}.safetensors"))
            self.densities.append(density)
        self._canvas = np.empty(shape[1:], np.uint8)
        self.network(np.zeros_like(self._canvas))

    def __call__(self, image: Image) -> Image:
        """Compute the foreground mask."""
        content = letterbox(image, self._canvas)
        grid = self.network(self._canvas)
        height, width = image.shape[:2]
        return masks.foreground(upsample(grid, content, self.STRIDE, width, height), 0.5)

    def _grid(self, canvas: Image) -> Grid:
        maps = self.session.run(None, {"image": canvas[None]})
        height, width = maps[0].shape[2:]
        fused = np.zeros((height, width), np.float32)
        for density, map in zip(self.densities, maps, strict=True):
            cells = self._tensor(map[0].reshape(len(map[0]), -1).T)
            nll = density.nll(cells).numpy().reshape(map.shape[2:])
            # 1 is the middle of a kernel's range; the threshold does not matter for time.
            fused += 1 - cv2.resize(nll, (width, height), interpolation=cv2.INTER_LINEAR)
        return fused
