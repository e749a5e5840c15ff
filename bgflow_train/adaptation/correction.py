# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Linear correction of the logit, learnt from cells whose side is known: a logistic regression with the model's logit
as its offset, so that it starts from what the model says, and a penalty that keeps it there where the cells say little.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from bgflow_ros.segmentation import masks
from bgflow_ros.segmentation.model import Model
from bgflow_train.adaptation.cells import Cells, Look, see
from bgflow_train.adaptation.checks import AdaptationError, require_room
from bgflow_train.adaptation.logit import Correction, correct_logit
from bgflow_train.adaptation.mixtures import Mixture
from bgflow_train.adaptation.sides import Sides

__all__ = ["fit_correction", "learn_correction"]

Array = npt.NDArray[np.float64]

PENALTY = 0.1
"""Weight of the squares of the standardised weights beside the mean loss. Chosen on rendered rooms
(doc/adaptation.md)."""
FEWEST = 200
"""Cells of things that stand in the room, at least."""


def fit_correction(background: Cells, foreground: Cells, everywhere: Cells) -> Correction:
    """Fit a correction.

    Both sides count the same, however many cells they have. Its mean is zero everywhere, so that it turns the border
    between the sides and leaves the level, which the sides do not tell: what is flat or reaches the ceiling is on none.
    """
    sides = (foreground, background)
    latents = np.concatenate([np.concatenate(side.latents, 1) for side in sides]).astype(np.float64)
    logits = np.concatenate([side.logits for side in sides]).astype(np.float64)
    sign = np.repeat([-1.0, 1.0], [len(side.logits) for side in sides])
    share = np.repeat([0.5 / len(side.logits) for side in sides], [len(side.logits) for side in sides])
    mean, deviation = latents.mean(0), latents.std(0) + 1e-6
    inputs = (latents - mean) / deviation

    def loss(parameters: Array) -> tuple[float, Array]:
        margin = sign * (logits + inputs @ parameters[1:] + parameters[0])
        slope = -share * sign * expit(-margin)
        value = share @ np.logaddexp(0, -margin) + PENALTY * parameters[1:] @ parameters[1:]
        return float(value), np.append(slope.sum(), slope @ inputs + 2 * PENALTY * parameters[1:])

    found = minimize(loss, np.zeros(inputs.shape[1] + 1), jac=True, method="L-BFGS-B").x
    weights = found[1:] / deviation
    places = np.cumsum([part.shape[1] for part in background.latents])[:-1]
    return Correction(np.split(weights, places), -float(np.concatenate(everywhere.latents, 1).mean(0) @ weights))


def learn_correction(
    model: Model,
    mixtures: Sequence[Mixture],
    images: Sequence[npt.NDArray[np.uint8]],
    sides: Sides,
    advance: Callable[[], Any],
) -> tuple[Callable[[bytes], bytes], dict[str, Any]]:
    """Learn a correction from images, RGB, whose depth tells sides.

    Args:
        model: The model.
        mixtures: Its flows to learn from, all with as many cells.
        images: Images, each H x W x 3.
        sides: Their sides.
        advance: Called after each image.

    Returns:
        What adds the correction to a graph, and a JSON-ready description.

    Raises:
        AdaptationError: The images show too little.
    """
    threshold = masks.logit(model.foreground_threshold)
    kinds = [lambda look: sides.is_background(look, threshold), sides.is_standing, _anywhere]
    seen = see(model, mixtures, images, kinds, advance)
    require_room(seen)
    counts = [len(kind.logits) for kind in seen.kinds[:2]]
    if counts[1] < FEWEST:
        raise AdaptationError(
            f"the depth shows {counts[1]} cells of things whose upper ends are seen; expected at least {FEWEST}: drive "
            "where more of the furniture is seen, or adapt to the images alone"
        )
    grid = model.height // model.stride, model.width // model.stride
    change = partial(correct_logit, mixtures=mixtures, correction=fit_correction(*seen.kinds), grid=grid)
    return change, {"cells": dict(zip(("planes", "standing"), counts, strict=True)), "penalty": PENALTY}


def _anywhere(look: Look) -> npt.NDArray[np.bool_]:
    return np.full(look.logit.shape, True)
