# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Adaptation of a model to a building, from images of it without labels."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bgflow_ros.media.posed_recording import PosedDepth
from bgflow_ros.segmentation import masks
from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.adaptation.checks import AdaptationError, require_images
from bgflow_train.adaptation.components import learn_components
from bgflow_train.adaptation.correction import learn_correction
from bgflow_train.adaptation.logit import raise_logit
from bgflow_train.adaptation.mixtures import find_mixtures
from bgflow_train.adaptation.sides import auroc, find_sides

__all__ = ["FALSE_ALARMS", "Adapted", "adapt", "looks"]

Image = npt.NDArray[np.uint8]
Logits = npt.NDArray[np.float32]

HELD_OUT = 0.2
"""Share of the images, the last ones, that nothing is learnt from."""
LOWERED = -2.5
"""Offset of the logit after a drive through furnished rooms without depth: in a building's light its things look a
little more like its background, too, and no more than one in twenty is overlooked so. Chosen on rendered rooms
(doc/adaptation.md)."""
LOWEST = -1.0
"""Lowest offset where the rooms are empty."""
FALSE_ALARMS = 0.05
"""Share of held-out pixels of empty rooms that may be called foreground, by default."""
SWALLOWED = 1 / 3
"""Share of what was called foreground that must remain foreground, unless the rooms are empty."""
FITS, WORSE = 0.7, 0.005
"""Least AUROC on the sides of held-out images before adaptation, and loss after it that is no reason to refuse."""
MISSED, TAKEN = 0.05, 0.01
"""Share of the things that stand in the room that may be called background, and share of all pixels that may be such
and called static: the levels of the packaged model's thresholds."""
SAMPLED = (slice(2, None, 5), slice(2, None, 5))
"""Rows and columns of the pixels that are looked at; neighbours say the same."""


@dataclass(frozen=True)
class Adapted:
    """A model and what it was adapted with."""

    model: Model
    record: dict[str, Any]
    """JSON-ready description for the manifest."""
    held_out: list[Image]
    """Images that nothing was learnt from."""


def looks(images: int, views: int) -> int:
    """Return how often `adapt` looks at one of so many images or views."""
    return images + _held_out(images) + 2 * views


def adapt(
    model: Model,
    images: Sequence[Image],
    empty: bool,
    false_alarms: float,
    advance: Callable[[], Any],
    views: Sequence[PosedDepth] = (),
) -> Adapted:
    """Adapt a model.

    From images alone the flows get further classes of background in their latent spaces, where the building's
    background lies; their own classes stay, so that other buildings are seen as before. Where depth tells both sides,
    the logit gets a linear correction instead. Only flows on the finest cells take part: coarser ones gain nothing.

    Args:
        model: Model with hybrid flows.
        images: RGB images of the building, each H x W x 3, in the order in which they were taken.
        empty: True where everything in them is background.
        false_alarms: With `empty`, share of the held-out images that may be called foreground.
        advance: Called after each of `looks` looks.
        views: Depth of each image and its pose; without effect where the rooms are empty.

    Raises:
        AdaptationError: The images cannot adapt it.
        ModelError: The model has no hybrid flow, or was adapted before.
    """
    require_images(len(images))
    known = find_mixtures(model)
    finest = max(mixture.cells for mixture in known)
    mixtures = [mixture for mixture in known if mixture.cells == finest]
    count = len(images) - _held_out(len(images))
    learnt, held_out = images[:count], list(images[count:])
    sides = None if empty or not views else find_sides(views, advance)
    if sides is None:
        change, record = learn_components(model, mixtures, learnt, empty, advance)
    else:
        change, record = learn_correction(model, mixtures, learnt, sides[:count], advance)
    changed = change(model.graph)
    before, after = (_logits(replace(model, graph=graph), held_out, advance) for graph in (model.graph, changed))
    threshold = masks.logit(model.foreground_threshold)
    offset = LOWERED if sides is None else 0.0
    if empty:
        offset = float(np.clip(threshold - np.quantile(after, false_alarms), LOWEST, 0.0))
    after += offset
    called = [float(np.mean(logits < threshold)) for logits in (before, after)]
    if not empty and called[1] < SWALLOWED * called[0]:
        raise AdaptationError(
            f"the adapted model would call {100 * called[1]:.0f} % of the held-out images foreground instead of "
            f"{100 * called[0]:.0f} %: too much furniture would become background; drive when the rooms are cleared, "
            "with --empty"
        )
    graph = raise_logit(changed, offset)
    int8 = None if model.int8 is None else raise_logit(change(model.int8), offset)
    adapted = replace(model, graph=graph, int8=int8, sha256=hashlib.sha256(graph).hexdigest())
    if sides is not None:
        planes, standing = sides[count:].sampled(SAMPLED)
        record["auroc"] = _require_no_worse(before, after, planes, standing)
        adapted = _careful(adapted, after, standing)
    record = {
        "from": {"name": model.name, "sha256": model.sha256},
        "pictures": count,
        "held_out": len(held_out),
        "empty": empty,
        "planes": sides is not None,
        **record,
        "offset": round(offset, 4),
        "foreground": {"before": round(called[0], 4), "after": round(called[1], 4)},
    }
    return Adapted(adapted, record, held_out)


def _held_out(images: int) -> int:
    return max(1, round(HELD_OUT * images))


def _require_no_worse(
    before: Logits, after: Logits, planes: npt.NDArray[np.bool_], standing: npt.NDArray[np.bool_]
) -> dict[str, float]:
    """Refuse depth of something else, and a correction that ranks held-out planes and things worse than before.

    Returns:
        The AUROC before and after; empty where there are not both sides.
    """
    ranks = [auroc(logits, planes, standing) for logits in (before, after)]
    if ranks[0] is None or ranks[1] is None:
        return {}
    if ranks[0] < FITS:
        raise AdaptationError(
            f"depth and images do not fit: on held-out images the model tells planes from things with an AUROC of "
            f"{ranks[0]:.2f}, expected {FITS:g} at least; is the depth registered to the image, and are poses and "
            "calibration right?"
        )
    if ranks[1] < ranks[0] - WORSE:
        raise AdaptationError(
            f"on held-out images the adapted model tells planes from things with an AUROC of {ranks[1]:.3f}, before "
            f"with {ranks[0]:.3f}; drive through one building, and where more of it is seen"
        )
    return {"before": round(ranks[0], 4), "after": round(ranks[1], 4)}


def _careful(model: Model, logits: Logits, standing: npt.NDArray[np.bool_]) -> Model:
    """Raise thresholds until held-out things that stand in the room are not missed too often.

    They never fall: things that lie on the planes, rugs and doors, are as hard to find, and nobody counts them here.
    """
    found = logits[standing]
    if len(found) == 0:
        return model
    taken = min(1.0, TAKEN * len(logits) / len(found))
    foreground, static = (_likelihood_below(found, share) for share in (MISSED, taken))
    foreground = max(foreground, model.foreground_threshold)
    return replace(
        model, foreground_threshold=foreground, static_threshold=max(static, foreground, model.static_threshold)
    )


def _likelihood_below(logits: Logits, share: float) -> float:
    """Return the likelihood that a share of some logits exceeds."""
    return min(1 - 1e-6, round(float(masks.likelihood(np.quantile(logits, [1 - share]))[0]), 6))


def _logits(model: Model, images: Sequence[Image], advance: Callable[[], Any]) -> Logits:
    """Compute the logits of a sample of the pixels of images."""
    segmenter = Segmenter(model, "cpu", precision="float32")
    found = []
    for image in images:
        found.append(segmenter(image).logit[SAMPLED].ravel())
        advance()
    return np.concatenate(found)
