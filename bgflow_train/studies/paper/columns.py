# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The tables' columns, an architecture with a weight set each, and how large everything in them is."""

from __future__ import annotations

from dataclasses import dataclass

from bgflow_train.data.ade20k import PARSING_CLASSES
from bgflow_train.studies.paper.reported import WEIGHTS
from bgflow_train.training.recipe import ExpertRecipe

__all__ = ["ARCHITECTURES", "COLUMNS", "SIZES", "Column", "Size"]


@dataclass(frozen=True)
class Size:
    """What the paper's systems are cut down to, or not."""

    name: str
    canvas: dict[str, tuple[int, int]]
    """Width and height of the networks' input, an architecture each."""
    crop: dict[str, tuple[int, int]]
    """Of the cuts that an expert is trained on."""
    epochs: dict[str, int]
    """Of an expert's training."""
    init: dict[str, str]
    """What an expert trained on NYU begins with; the paper does not say."""
    couplings: int
    hidden: int
    """Width of the couplings' nets. The paper gives none; 1024 is what its flows' memory (Table III) amounts to."""
    flow_epochs: int
    cells: int
    """Background descriptors of a layer that densities are fitted to, at most."""
    stored: int
    """Descriptors of a layer that kNN keeps, at most."""
    variants: int
    """Augmented copies of each picture that densities are fitted to, beside the picture itself."""
    validation: int
    """Pictures that stop the flows' training and choose k, at most."""


ARCHITECTURES = ("vgg16", "efficientnet_lite0")
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
    """One architecture with one of the paper's weight sets."""

    architecture: str
    weights: str

    @property
    def name(self) -> str:
        """As folders and options write it."""
        return f"{self.architecture}-{self.weights}"

    @property
    def encoder(self) -> str:
        """The paper's NYU weights have batch normalisation, the others have not."""
        return "vgg16_bn" if (self.architecture, self.weights) == ("vgg16", "nyu") else self.architecture

    def expert(self, size: Size, init: str, seed: int) -> ExpertRecipe:
        """The recipe of the column's expert: all of it trained for `nyu`, the decoder alone for the others."""
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
        """The recipe of the scene parsing that gives the `ade20k` weights."""
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
