# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Training of the backbone: background against foreground and, as an auxiliary task, 40 classes (paper, III-A2, i)."""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from bgflow_ros.segmentation.model import GRAPH
from bgflow_train.data import DatasetError, IndexedDataset
from bgflow_train.data.camera_jitter import CONSTANTS
from bgflow_train.data.classes import classes_to_mask, known_classes
from bgflow_train.data.folds import Fold
from bgflow_train.networks import RANDOM, Layer
from bgflow_train.networks.device import DEVICE
from bgflow_train.networks.pyramid import Pyramid
from bgflow_train.runs.artifact import BEGUN, Artifact, identify_weights
from bgflow_train.runs.checkpoint import Checkpoint
from bgflow_train.runs.ownership import own_folder
from bgflow_train.training.crops import UNLABELLED, Source, draw_crop
from bgflow_train.training.graph_weights import is_model, read_model, unfold_batch_norm
from bgflow_train.training.recipe import BackboneRecipe
from bgflow_train.training.steps import mask_loss, take_step, validation_loss

__all__ = [
    "BACKBONE",
    "Companion",
    "held_out_folds",
    "load_backbone",
    "mean_backbone",
    "train_backbone",
    "weights_file",
]

BACKBONE = Artifact("backbone", "pyramid", "train")
FURTHER = (BACKBONE.weights, GRAPH)
"""Files of initial weights from which backbones that can be averaged were trained further."""
PERIOD = 250
"""Number of steps between two validations; a killed training continues from the last one."""
WARM_UP = 60
"""Number of steps in which the learning rates rise."""
FIRST = 8
"""Number of batches that measure the statistics of the initial features."""
HEAD_FASTER = 3.0
"""Ratio of the new layers' learning rate to that of the pretrained encoder."""


class Companion(nn.Module, ABC):
    """Module that is trained with the backbone, and whose loss trains the backbone."""

    @abstractmethod
    def begin(self, batches: Iterable[list[Tensor]]) -> None:
        """Prepare for the features of the initial backbone.

        Args:
            batches: Maps of some batches, N x channels x h x w for each of the backbone's layers.
        """

    @abstractmethod
    def forward(self, maps: list[Tensor], classes: npt.NDArray[np.uint8], step: int) -> Tensor:
        """Compute the loss of a batch.

        Args:
            maps: Its maps, N x channels x h x w for each of the backbone's layers.
            classes: Classes of its pixels, N x H x W.
            step: Number of the training step.
        """


def train_backbone(
    recipe: BackboneRecipe,
    sources: Sequence[Source],
    validation: IndexedDataset,
    out: Path,
    make_companion: Callable[[Sequence[Layer]], Companion] | None = None,
    fold: Fold | None = None,
) -> Pyramid:
    """Train a backbone, or read it if `out` holds the finished training; an unfinished one continues.

    The result is a running mean of the weights, which generalises better than the last weights (Izmailov et al., 2018),
    at the validation with the lowest loss.

    Args:
        recipe: Settings of the training.
        sources: Images with classes.
        validation: Images of other rooms with masks.
        out: Folder of the backbone.
        make_companion: Makes what is trained with the backbone, for its layers, if the recipe's `flows` is above 0.
        fold: The fold that the sources hold out.

    Raises:
        DatasetError: `out` belongs to another training, or the initial weights may have seen the fold.
        EncoderError: The initial weights of the encoder are not available.
    """
    total = sum(source.share for source in sources)
    begun = {
        "recipe": asdict(recipe)
        | {"crop": list(recipe.crop), "init": identify_weights(recipe.init, weights_file(recipe.init))},
        "constants": CONSTANTS,
        "data": {
            dataset.name: {"pictures": len(dataset), "sha256": dataset.digest(), "share": share / total}
            for dataset, share in (*sources, Source(validation, 0.0))
        },
        **({"held_out": {"fold": str(fold)}} if fold else {}),
    }
    if (out / BACKBONE.record).exists():
        own_folder(out / BEGUN, begun)
        return load_backbone(out)
    torch.manual_seed(recipe.seed)
    backbone = _initial(recipe, fold)
    own_folder(out / BEGUN, begun)
    unseen = range(recipe.steps, recipe.steps + FIRST)  # crops that the training does not see
    if is_model(Path(recipe.init)):
        unfold_batch_norm(backbone, (_pixels(_batch(sources, recipe, step)[0]) for step in unseen))
    initial = copy.deepcopy(backbone.state_dict())
    both = nn.ModuleDict({"now": backbone, "mean": copy.deepcopy(backbone)})
    both.to(DEVICE).to(memory_format=torch.channels_last)
    groups = _groups(backbone, recipe.rate)
    companion = make_companion(backbone.layers).to(DEVICE) if make_companion and recipe.flows else None
    if companion is not None:
        backbone.eval()
        with torch.no_grad():
            companion.begin(backbone(_pixels(_batch(sources, recipe, step)[0]).to(DEVICE)) for step in unseen)
        both["companion"] = companion
        groups.append({"params": list(companion.parameters()), "lr": recipe.rate * HEAD_FASTER})
    optimizer = torch.optim.AdamW(groups, weight_decay=recipe.decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, recipe.steps))
    checkpoint = out / "checkpoint.safetensors"
    state = Checkpoint.open(checkpoint, both, optimizer, schedule)
    with tqdm(total=recipe.steps, initial=min(recipe.steps, state.epoch * PERIOD), desc="backbone", unit="step") as bar:
        for step in range(state.epoch * PERIOD, recipe.steps):
            backbone.train()
            image, classes = _batch(sources, recipe, step)
            maps = backbone(_pixels(image).to(DEVICE))
            loss = _loss(backbone, maps[-1], classes, recipe.auxiliary)
            if companion is not None:
                loss = loss + recipe.flows * companion(maps, classes.numpy(), step)
            take_step(backbone, loss, optimizer, schedule, max_norm=5.0)
            _follow(both["mean"], backbone, min(recipe.memory, (1 + step) / (10 + step)))
            bar.set_postfix(loss=f"{loss.item():.3f}", validation=f"{state.nll:.3f}")
            bar.update()
            if (step + 1) % PERIOD == 0 or step + 1 == recipe.steps:
                state.end_epoch(_validate(both["mean"], validation, recipe))
                tqdm.write(f"step {step + 1}: validation loss {state.nll:.4f}, best {state.best_nll:.4f}")
    state.restore_best()
    best_step = min(recipe.steps, state.best_epoch * PERIOD)
    found = {"init": backbone.source, "validation_loss": state.best_nll, "best_step": best_step}
    if recipe.mix < 1:
        _mix(both["mean"], initial, recipe.mix)
        found["validation_loss"] = _validate(both["mean"], validation, recipe)
    BACKBONE.write(out, both["mean"], begun | found)
    checkpoint.unlink(missing_ok=True)
    return load_backbone(out)


def mean_backbone(folders: Sequence[Path]) -> tuple[Pyramid, dict[str, Any]]:
    """Average the weights of trained backbones.

    Trainings that start from the same weights end in the same basin of the loss. Their mean is better than each of them
    on images that are unlike the training images (Wortsman et al., 2022).

    Args:
        folders: Folder of one backbone or model, or of several backbones that were trained further from the same one.

    Returns:
        The backbone, and its record, which includes the records of all.

    Raises:
        DatasetError: A folder holds no backbone, or the backbones were not trained from the same one.
    """
    found = [read_model(folder) if is_model(folder) else BACKBONE.read(folder) for folder in folders]
    record = found[0][0]
    begun = {one["recipe"]["init"] for one, _ in found}
    if len(found) > 1 and (len(begun) > 1 or not record["recipe"]["init"].startswith(FURTHER)):
        raise DatasetError(
            f"{', '.join(map(str, folders))} began with {' and '.join(sorted(begun))}; only backbones that were "
            "trained further from the same backbone (`bgflow train --init`) can be averaged"
        )
    mean = {
        name: (torch.stack([weights[name] for _, weights in found]).sum(0) / len(found)).to(tensor.dtype)
        for name, tensor in found[0][1].items()
    }
    if len(found) > 1:
        record = record | {"mean_of": [one for one, _ in found]}
    return _from_weights(record, mean), record


def held_out_folds(record: dict[str, Any]) -> list[Fold]:
    """Tell which folds the backbones held out that a record of `mean_backbone` is of, in their order.

    Raises:
        DatasetError: They are several, but not all folds.
    """
    records = record.get("mean_of", [record])
    folds = [Fold.parse(one["held_out"]["fold"]) for one in records if "held_out" in one]
    if (
        folds
        and len(records) > 1
        and sorted(folds) != [Fold(place, len(records)) for place in range(1, len(records) + 1)]
    ):
        raise DatasetError(
            f"of {len(records)} backbones {len(folds)} hold out a fold, {', '.join(map(str, folds))}; expected one "
            "backbone, or all folds of one number of folds"
        )
    return folds


def load_backbone(folder: Path) -> Pyramid:
    """Read a trained backbone, frozen and in evaluation mode.

    Raises:
        DatasetError: The folder holds no backbone.
    """
    return mean_backbone([folder])[0].to(DEVICE).eval().requires_grad_(False)


def _from_weights(record: dict[str, Any], weights: dict[str, Tensor]) -> Pyramid:
    backbone = Pyramid(RANDOM, record["recipe"].get("encoder", BackboneRecipe.encoder))
    backbone.load_state_dict(weights)
    trained = ", ".join(f"{name} ({data['share']:.0%})" for name, data in record["data"].items() if data["share"])
    backbone.source = record["recipe"]["init"] if "model" in record else f"{record['init']}; trained on {trained}"
    if "mean_of" in record:
        backbone.source += f", the mean of {len(record['mean_of'])} such trainings"
    return backbone


def _initial(recipe: BackboneRecipe, fold: Fold | None) -> Pyramid:
    """Create the network with its initial weights, which must not know the fold that is held out."""
    init = recipe.init
    if not Path(init).is_dir():
        if recipe.mix < 1:
            raise DatasetError(f"--mix {recipe.mix} needs the folder of a backbone or model as --init; it is {init}")
        return Pyramid(init, recipe.encoder)
    backbone = mean_backbone([Path(init)])[0]
    if backbone.encoder.name != recipe.encoder:
        raise DatasetError(f"{init} has the encoder {backbone.encoder.name}; --encoder asks for {recipe.encoder}")
    # The source names all data sets of all trainings one after the other, by the titles of `Fold`.
    if fold and "all but fold" in backbone.source:
        raise DatasetError(
            f"{init} may have seen fold {fold} ({backbone.source}); expected imagenet, or a backbone or model that was "
            "trained without --fold"
        )
    return backbone


def _mix(backbone: nn.Module, initial: dict[str, Tensor], share: float) -> None:
    """Mix trained weights with the initial ones.

    What was trained further on few images is better at home and may be worse abroad than what it began with; their mix
    is near the better of both in each place (WiSE-FT: Wortsman et al., 2022).
    """
    with torch.no_grad():
        for name, weight in backbone.state_dict().items():
            if weight.is_floating_point():
                weight.lerp_(initial[name].to(weight), 1 - share)


def weights_file(init: str | Path) -> Path:
    """Find the file that identifies initial weights, if there is one; for a model it is the graph in float32."""
    if is_model(Path(init)):
        return Path(init) / GRAPH
    return Path(init) / BACKBONE.weights if Path(init).is_dir() else Path(init)


def _groups(backbone: Pyramid, rate: float) -> list[dict[str, object]]:
    inside: list[Tensor] = []
    new: list[Tensor] = []
    for name, weight in backbone.named_parameters():
        if weight.requires_grad:
            (inside if name.startswith("encoder.") else new).append(weight)
    return [{"params": inside, "lr": rate}, {"params": new, "lr": rate * HEAD_FASTER}]


def _rate(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, step / steps)))


def _batch(sources: Sequence[Source], recipe: BackboneRecipe, step: int) -> tuple[Tensor, Tensor]:
    """Draw the images, N x H x W x 3, and classes, N x H x W, of a step; they depend on seed and step alone."""
    crops = [draw_crop(sources, recipe, step, place) for place in range(recipe.batch)]
    return torch.from_numpy(np.stack([crop.rgb for crop in crops])), torch.from_numpy(
        np.stack([crop.mask for crop in crops])
    )


def _pixels(image: Tensor) -> Tensor:
    return image.permute(0, 3, 1, 2).float()


def _loss(backbone: Pyramid, layer7: Tensor, classes: Tensor, auxiliary: float) -> Tensor:
    loss = mask_loss(backbone.logits(layer7), torch.from_numpy(classes_to_mask(classes.numpy())).to(DEVICE))
    stride = backbone.layers[-1].stride
    centres = known_classes(classes[:, stride // 2 :: stride, stride // 2 :: stride].numpy())
    coarse = torch.from_numpy(centres).to(DEVICE).long()
    if (coarse != UNLABELLED).any():
        loss = loss + auxiliary * F.cross_entropy(backbone.classes(layer7), coarse, ignore_index=UNLABELLED)
    return loss


@torch.no_grad()
def _follow(mean: nn.Module, now: nn.Module, memory: float) -> None:
    for old, new in zip(mean.state_dict().values(), now.state_dict().values(), strict=True):
        if old.dtype.is_floating_point:
            old.lerp_(new, 1 - memory)
        else:
            old.copy_(new)


@torch.inference_mode()
def _validate(backbone: nn.Module, validation: IndexedDataset, recipe: BackboneRecipe) -> float:
    assert isinstance(backbone, Pyramid)
    backbone.eval()

    def loss(canvas: npt.NDArray[np.uint8], mask: npt.NDArray[np.uint8]) -> float:
        layer7 = backbone(torch.from_numpy(canvas).to(DEVICE).permute(2, 0, 1)[None].float())[-1]
        return float(mask_loss(backbone.logits(layer7), torch.from_numpy(mask)[None].to(DEVICE)))

    return validation_loss(validation, recipe.width, recipe.height, loss)
