# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Training of the paper's expert: background against foreground, or scene parsing (paper, III-A2)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm import tqdm

from bgflow_train.data import VOID, IndexedDataset
from bgflow_train.data.augment import CONSTANTS, augment, canvas_scale
from bgflow_train.networks import make_encoder
from bgflow_train.networks.device import DEVICE
from bgflow_train.networks.expert import Expert
from bgflow_train.runs.artifact import BEGUN, Artifact, identify_weights
from bgflow_train.runs.checkpoint import Checkpoint
from bgflow_train.runs.ownership import own_folder
from bgflow_train.training.recipe import ExpertRecipe
from bgflow_train.training.steps import take_step, validation_loss

__all__ = ["EXPERT", "load_expert", "train_expert"]

EXPERT = Artifact("expert", "expert", "expert")
WORKERS = 8 if DEVICE.type == "cuda" else 0
"""Number of processes that read and augment; one cannot keep up with a GPU."""


class _Crops(torch.utils.data.Dataset[tuple[Tensor, Tensor]]):
    """One augmented crop of each image, which depends on the epoch."""

    def __init__(self, dataset: IndexedDataset, recipe: ExpertRecipe, epoch: int) -> None:
        self.dataset, self.recipe, self.epoch = dataset, recipe, epoch

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        recipe, sample = self.recipe, self.dataset[index]
        scale = canvas_scale(sample, recipe.width, recipe.height)
        # Each crop has its own generator, so that workers, kills and the order of reading change nothing.
        rng = np.random.default_rng([recipe.seed, self.epoch, index])
        cut = augment(sample, scale, *recipe.crop, rng)
        return torch.from_numpy(cut.rgb), torch.from_numpy(cut.mask)


def train_expert(recipe: ExpertRecipe, train: IndexedDataset, validation: IndexedDataset, out: Path) -> Expert:
    """Train an expert, or read it if `out` holds the finished training; an unfinished one continues.

    Args:
        recipe: Settings of the training.
        train: Images with labels 0 to classes - 1 and void.
        validation: Images of other rooms with such labels; the weights of the epoch with the lowest loss are kept.
        out: Folder of the expert.

    Raises:
        DatasetError: `out` belongs to another training.
        EncoderError: The initial weights of the encoder are not available.
    """
    begun = {
        "recipe": asdict(recipe)
        | {"crop": list(recipe.crop), "init": identify_weights(recipe.init, Path(recipe.init))},
        "constants": CONSTANTS,
        "data": {set.name: {"pictures": len(set), "sha256": set.digest()} for set in (train, validation)},
    }
    if (out / EXPERT.record).exists():
        own_folder(out / BEGUN, begun)
        return load_expert(out)
    torch.manual_seed(recipe.seed)
    # The weights of the decoder are drawn after the random ones of the encoder.
    expert = Expert(make_encoder(recipe.encoder, recipe.init), recipe.classes)
    # The folder is owned only now: a network that cannot be built must not block it for others.
    own_folder(out / BEGUN, begun)
    source = expert.source
    expert.encoder.requires_grad_(not recipe.frozen)
    expert.to(DEVICE).to(memory_format=torch.channels_last)  # Two to three times faster for light encoders.
    optimizer = torch.optim.Adam([weight for weight in expert.parameters() if weight.requires_grad], lr=recipe.rate)
    batches = len(train) // recipe.batch or 1
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.epochs * batches)
    checkpoint = out / "checkpoint.safetensors"
    state = Checkpoint.open(checkpoint, expert, optimizer, schedule)
    with tqdm(total=recipe.epochs * batches, initial=state.epoch * batches, desc="expert", unit="batch") as bar:
        while state.epoch < recipe.epochs:
            expert.train()
            # A frozen encoder also keeps its batch statistics.
            expert.encoder.train(not recipe.frozen)
            for image, labels in itertools.islice(_batches(train, recipe, state.epoch), batches):
                loss = _loss(expert, image, labels)
                take_step(expert, loss, optimizer, schedule, max_norm=10.0)
                bar.set_postfix(loss=f"{loss.item():.3f}", validation=f"{state.nll:.3f}")
                bar.update()
            state.end_epoch(_validate(expert, validation, recipe))
            tqdm.write(f"epoch {state.epoch}: validation loss {state.nll:.4f}, best {state.best_nll:.4f}")
    state.restore_best()
    found = {"init": source, "validation_loss": state.best_nll, "best_epoch": state.best_epoch}
    EXPERT.write(out, expert, begun | found)
    checkpoint.unlink(missing_ok=True)
    return load_expert(out)


def load_expert(folder: Path) -> Expert:
    """Read a trained expert, frozen and in evaluation mode.

    Raises:
        DatasetError: The folder holds no expert.
    """
    record, weights = EXPERT.read(folder)
    recipe = record["recipe"]
    # Not RANDOM: drawing the weights of a VGG takes longer than reading them.
    expert = Expert(make_encoder(recipe["encoder"], str(folder / EXPERT.weights)), recipe["classes"])
    expert.load_state_dict(weights)
    trained = "decoder" if recipe["frozen"] else "encoder and decoder"
    expert.source = f"{record['init']}; {trained} trained on {next(iter(record['data']))}"
    return expert.to(DEVICE).eval().requires_grad_(False)


def _batches(train: IndexedDataset, recipe: ExpertRecipe, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(recipe.seed * 1000 + epoch)
    loader = DataLoader(
        _Crops(train, recipe, epoch), recipe.batch, shuffle=True, generator=generator, num_workers=WORKERS
    )
    yield from loader


def _loss(expert: Expert, image: Tensor, labels: Tensor) -> Tensor:
    """Compute the mean cross-entropy of N x H x W x 3 images over their labelled pixels."""
    x = image.to(DEVICE).permute(0, 3, 1, 2).float()
    logits = expert.logits(expert(x)[-1])
    return F.cross_entropy(logits, labels.to(DEVICE).long(), ignore_index=VOID)


@torch.inference_mode()
def _validate(expert: Expert, validation: IndexedDataset, recipe: ExpertRecipe) -> float:
    expert.eval()
    return validation_loss(
        validation,
        recipe.width,
        recipe.height,
        lambda canvas, mask: float(_loss(expert, torch.from_numpy(canvas)[None], torch.from_numpy(mask)[None])),
    )
