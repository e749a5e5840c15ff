# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Columns of the paper's tables, each an architecture with a weight set, and the sizes of their systems."""

from __future__ import annotations

from dataclasses import dataclass

from bgflow_train.data.ade20k import PARSING_CLASSES
from bgflow_train.studies.paper.reported import WEIGHTS
from bgflow_train.training.recipe import ExpertRecipe

__all__ = ["ARCHITECTURES", "BY_NAME", "COLUMNS", "KINDS", "SIZES", "Column", "Size"]


@dataclass(frozen=True)
class Size:
    """The size of the systems and of their training, as in the paper or reduced."""

    name: str
    canvas: dict[str, tuple[int, int]]
    """Width and height of the networks' input, by architecture."""
    crop: dict[str, tuple[int, int]]
    """Width and height of the crops that an expert is trained on, by architecture."""
    epochs: dict[str, int]
    """Epochs of an expert's training, by architecture."""
    init: dict[str, str]
    """Initial weights of an expert trained on NYU, by architecture. The paper does not state them."""
    couplings: int
    """Coupling layers of a flow."""
    other_couplings: int
    """Coupling layers of a flow that is compared with it: the paper's two lengths are 32 and 16."""
    components: int
    """Principal components that the flow with an embedding keeps."""
    hidden: int
    """Width of the networks in the coupling layers. The paper does not state it; the memory of its flows (Table III)
    corresponds to 1024."""
    flow_epochs: int
    cells: int
    """Largest number of background descriptors per layer that densities are fitted to."""
    stored: int
    """Largest number of descriptors per layer that kNN stores."""
    variants: int
    """Augmented copies of each image that densities are fitted to, in addition to the image itself."""
    validation: int
    """Largest number of images that stop the training of the flows and choose k."""


ARCHITECTURES = ("vgg16", "efficientnet_lite0")
KINDS = ("knn", "flow", "other_flow", "pca_flow", "hybrid", "gaussian", "mixture")
"""Kinds of densities: the paper's two, the other length of its flow, the embedding of its discussion, the hybrid flow,
and the baselines that a flow should beat."""
SIZES = {
    size.name: size
    for size in (
        Size(
            name="paper",
            canvas={"vgg16": (640, 480), "efficientnet_lite0": (640, 480)},
            crop={"vgg16": (640, 480), "efficientnet_lite0": (640, 480)},
            epochs={"vgg16": 40, "efficientnet_lite0": 40},
            init={"vgg16": "imagenet", "efficientnet_lite0": "imagenet"},
            couplings=32,
            other_couplings=16,
            components=32,
            hidden=1024,
            flow_epochs=100,
            cells=2_000_000,
            stored=2_000_000,
            variants=3,
            validation=336,
        ),
        Size(
            name="cpu",
            canvas={"vgg16": (384, 288), "efficientnet_lite0": (512, 384)},
            crop={"vgg16": (160, 160), "efficientnet_lite0": (320, 256)},
            epochs={"vgg16": 6, "efficientnet_lite0": 8},
            init={"vgg16": "random", "efficientnet_lite0": "imagenet"},
            couplings=16,
            other_couplings=32,
            components=32,
            hidden=64,
            flow_epochs=20,
            cells=60_000,
            stored=10_000,
            variants=1,
            validation=112,
        ),
    )
}


@dataclass(frozen=True)
class Column:
    """An architecture with one of the paper's weight sets."""

    architecture: str
    weights: str

    @property
    def name(self) -> str:
        """The column's name in folders and options."""
        return f"{self.architecture}-{self.weights}"

    @property
    def encoder(self) -> str:
        """Name of the encoder. With the NYU weights, the paper's VGG-16 has batch normalisation."""
        return "vgg16_bn" if (self.architecture, self.weights) == ("vgg16", "nyu") else self.architecture

    def expert(self, size: Size, init: str, seed: int) -> ExpertRecipe:
        """Make the recipe of the column's expert. For `nyu` the whole network is trained, else the decoder alone."""
        frozen = self.weights != "nyu"
        width, height = size.canvas[self.architecture]
        return ExpertRecipe(
            encoder=self.encoder,
            init=init,
            frozen=frozen,
            width=width,
            height=height,
            crop=size.crop[self.architecture],
            epochs=size.epochs[self.architecture],
            rate=1e-3 if frozen else 3e-4,
            seed=seed,
        )

    def parsing(self, size: Size, seed: int) -> ExpertRecipe:
        """Make the recipe of the scene parsing network that the `ade20k` weights come from."""
        width, height = size.canvas[self.architecture]
        return ExpertRecipe(
            encoder=self.encoder,
            init="imagenet",
            classes=PARSING_CLASSES,
            width=width,
            height=height,
            crop=size.crop[self.architecture],
            epochs=size.epochs[self.architecture],
            seed=seed,
        )


COLUMNS = tuple(Column(architecture, weights) for architecture in ARCHITECTURES for weights in WEIGHTS)
BY_NAME = {column.name: column for column in COLUMNS}
