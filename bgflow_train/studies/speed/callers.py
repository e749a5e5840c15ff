# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""How a system is called on a picture, in the process that is measured.

Everything that is one graph runs as a model folder in the robot's own `Segmenter`: letterbox, session options and
masks are the same code for all. Nothing here imports torch, but for the search that is made with it.
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

Picture = npt.NDArray[np.uint8]
Grid = npt.NDArray[np.float32]

FEATURES = "features.onnx"
STORED, NEIGHBOURS = 30_000, 50
"""Of the kNN: descriptors of each layer and how many of them are looked for. Time and memory of the search are
proportional to the first; the paper's memory (its Table III) amounts to 0.7 to 10.7 million a layer."""


@dataclass(frozen=True)
class Call:
    """How to call a system."""

    model: str | None = None
    """A packaged model; None: the folder that was written."""
    precision: str = "float32"
    search: bool = False
    """Whether the folder holds a graph of features and descriptors to look for."""

    def imports(self) -> None:
        """Import what `open` needs beyond this module, so that libraries do not count as the system's memory."""
        if self.search:
            import bgflow_train.model.densities  # noqa: F401

    def open(self, folder: Path, device: str, threads: int) -> Caller:
        """Load everything and run it once."""
        if self.search:
            return Search(folder, device, threads)
        # The paper's flows at full size have 877 MB: larger than what a robot's node loads.
        model = Model.load(folder if self.model is None else self.model, PROTOBUF_BYTES)
        return Folder(Segmenter(model, device, threads, self.precision))


class Stopwatch:
    """A network that keeps how long its last picture took; everything else is the network's.

    Args:
        network: takes the letterboxed canvas, gives the coarse map.
    """

    def __init__(self, network: Callable[[Picture], Grid]) -> None:
        self._network, self.seconds = network, 0.0

    def __call__(self, canvas: Picture) -> Grid:
        """Run the network."""
        begin = time.perf_counter()
        grid = self._network(canvas)
        self.seconds = time.perf_counter() - begin
        return grid

    def __getattr__(self, name: str) -> Any:
        return getattr(self._network, name)


class Caller(ABC):
    """A loaded system.

    Args:
        network: of the system.
    """

    def __init__(self, network: Callable[[Picture], Grid]) -> None:
        self.network = Stopwatch(network)

    @abstractmethod
    def __call__(self, picture: Picture) -> Picture:
        """H x W x 3, RGB, to the foreground mask, H x W, 255 = foreground."""


class Folder(Caller):
    """A model folder, as the robot runs it."""

    def __init__(self, segmenter: Segmenter) -> None:
        super().__init__(segmenter.runtime)
        segmenter.runtime = cast("Runtime", self.network)
        self.segmenter = segmenter

    def __call__(self, picture: Picture) -> Picture:
        """Segment."""
        return self.segmenter(picture).foreground


class Search(Caller):
    """The paper's kNN ensemble: a graph gives the layers' maps, faiss looks for every cell's neighbours.

    Args:
        folder: as `systems.write_knn` has written it.
        device: of the graph; the search is the processor's.
        threads: of both.
    """

    STRIDE = 8
    """Of the finest layer, at whose grid the layers are fused."""

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

    def __call__(self, picture: Picture) -> Picture:
        """Segment."""
        content = letterbox(picture, self._canvas)
        grid = self.network(self._canvas)
        height, width = picture.shape[:2]
        return masks.foreground(upsample(grid, content, self.STRIDE, width, height), 0.5)

    def _grid(self, canvas: Picture) -> Grid:
        maps = self.session.run(None, {"image": canvas[None]})
        height, width = maps[0].shape[2:]
        fused = np.zeros((height, width), np.float32)
        for density, map in zip(self.densities, maps, strict=True):
            cells = self._tensor(map[0].reshape(len(map[0]), -1).T)
            nll = density.nll(cells).numpy().reshape(map.shape[2:])
            # 1 is the middle of a kernel's range; any threshold does for time.
            fused += 1 - cv2.resize(nll, (width, height), interpolation=cv2.INTER_LINEAR)
        return fused
