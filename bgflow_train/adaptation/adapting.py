# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Adaptation of a model folder to a building, from images of it without labels."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bgflow_ros.media.posed_recording import PosedDepth
from bgflow_ros.segmentation import masks
from bgflow_ros.segmentation.files import write_together
from bgflow_ros.segmentation.model import GRAPH, Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.adaptation.cells import see
from bgflow_train.adaptation.components import SHARE, fit_components
from bgflow_train.adaptation.mixtures import extend, find_mixtures, raise_logit
from bgflow_train.adaptation.room_planes import find_planes
from bgflow_train.export.manifest import Manifest
from bgflow_train.export.quantizing import FILE

__all__ = ["FALSE_ALARMS", "AdaptationError", "Adapted", "adapt", "write_model"]

Image = npt.NDArray[np.uint8]

FEWEST_IMAGES, FEWEST_CELLS = 10, 1000
HELD_OUT = 0.2
"""Share of the images, the last ones, that nothing is learnt from."""
ALIKE = 0.3
"""Spread of the mean latents of views below which they are the same view."""
LOWERED = -2.5
"""Offset of the logit after a drive through furnished rooms: in a building's light its things look a little more like
its background, too, and no more than one in twenty is overlooked so. Chosen on rendered rooms (doc/adaptation.md)."""
LOWEST = -1.0
"""Offset where depth can raise the thresholds instead, and the lowest one where the rooms are empty."""
FALSE_ALARMS = 0.05
"""Share of held-out pixels of empty rooms that may be called foreground, by default."""
SWALLOWED = 1 / 3
"""Share of what was called foreground that must remain foreground, unless the rooms are empty."""
MISSED, TAKEN = 0.05, 0.01
"""Share of what stands away from the room's planes that may be called background, and share of all pixels that may be
such and called static: the levels of the packaged model's thresholds."""


SAMPLED = (slice(2, None, 5), slice(2, None, 5))
"""Rows and columns of the pixels that are looked at; neighbours say the same."""


class AdaptationError(Exception):
    """Images that a model cannot be adapted to; the message says what is missing."""


@dataclass(frozen=True)
class Adapted:
    """A model and what it was adapted with."""

    model: Model
    record: dict[str, Any]
    """JSON-ready description for the manifest."""
    held_out: list[Image]
    """Images that nothing was learnt from."""


def adapt(
    model: Model,
    images: Sequence[Image],
    empty: bool,
    false_alarms: float,
    advance: Callable[[], Any],
    views: Sequence[PosedDepth] = (),
) -> Adapted:
    """Adapt a model.

    The flows get further classes of background in their latent spaces, where the building's background lies; their own
    classes stay, so that other buildings are seen as before. Only flows on the finest cells change: coarser ones gain
    nothing and shift the logit.

    Args:
        model: Model with hybrid flows.
        images: RGB images of the building, each H x W x 3, in the order in which they were taken.
        empty: True where everything in them is background.
        false_alarms: With `empty`, share of the held-out images that may be called foreground.
        advance: Called after each image that has been looked at, once for learning, twice for checking, and once more
            with views.
        views: Depth of each image and its pose. Background is then looked for on the room's planes alone, and the
            thresholds rise where too much of what stands away from them would be missed. Without effect where the
            rooms are empty.

    Raises:
        AdaptationError: The images cannot adapt it.
        ModelError: The model has no hybrid flow, or was adapted before.
    """
    if len(images) < FEWEST_IMAGES:
        raise AdaptationError(f"found {len(images)} images; expected at least {FEWEST_IMAGES}, better fifty")
    known = find_mixtures(model)
    finest = max(mixture.cells for mixture in known)
    mixtures = [mixture for mixture in known if mixture.cells == finest]
    count = len(images) - max(1, round(HELD_OUT * len(images)))
    sides = [] if empty else _sides(views)
    seen = see(model, mixtures, images[:count], empty, advance, [on for on, _ in sides])
    _require_views(seen.featureless, seen.means)
    cells = len(seen.latents[0])
    if cells < FEWEST_CELLS:
        raise AdaptationError(
            f"the model is sure of {cells} cells of background in {count} images; expected at least {FEWEST_CELLS}: "
            "drive where more of the room is seen, or when it is cleared, with --empty"
        )
    fitted = [fit_components(mixture, z, not empty) for mixture, z in zip(mixtures, seen.latents, strict=True)]
    components = [found for found, _ in fitted]
    extended = extend(model.graph, mixtures, components, SHARE)
    held_out = list(images[count:])
    before, raised = (_logits(replace(model, graph=graph), held_out, advance) for graph in (model.graph, extended))
    threshold = masks.logit(model.foreground_threshold)
    offset = LOWEST if sides else LOWERED
    if empty:
        offset = float(np.clip(threshold - np.quantile(raised, false_alarms), LOWEST, 0.0))
    called = [float(np.mean(logits < threshold)) for logits in (before, raised + offset)]
    if not empty and called[1] < SWALLOWED * called[0]:
        raise AdaptationError(
            f"the adapted model would call {100 * called[1]:.0f} % of the held-out images foreground instead of "
            f"{100 * called[0]:.0f} %: too much furniture would become background; drive when the rooms are cleared, "
            "with --empty"
        )
    graph = raise_logit(extended, offset)
    int8 = None if model.int8 is None else raise_logit(extend(model.int8, mixtures, components, SHARE), offset)
    digest = hashlib.sha256(graph).hexdigest()
    adapted = replace(model, graph=graph, int8=int8, sha256=digest)
    if sides:
        adapted = _careful(adapted, images, [away for _, away in sides], advance)
    record = {
        "from": {"name": model.name, "sha256": model.sha256},
        "pictures": count,
        "held_out": len(held_out),
        "empty": empty,
        "planes": bool(sides),
        "cells": [len(z) for z in seen.latents],
        "components": [len(found.weights) for found in components],
        "left_out": [left for _, left in fitted],
        "share": SHARE,
        "offset": round(offset, 4),
        "foreground": {"before": round(called[0], 4), "after": round(called[1], 4)},
    }
    return Adapted(adapted, record, held_out)


def write_model(adapted: Adapted, source: Path, out: Path, extra: dict[Path, bytes]) -> None:
    """Write a model folder; all of its files appear together, or none.

    Args:
        adapted: The adapted model.
        source: Folder of the model that it was made from.
        out: Folder to write.
        extra: Further files.
    """
    manifest, model = Manifest.load(source), adapted.model
    likelihoods = {"foreground": model.foreground_threshold, "static": model.static_threshold}
    thresholds = {
        mask: {
            **found,
            "likelihood": likelihoods[mask],
            "guarantee": f"none since the model was adapted; before: {found['guarantee']}",
        }
        for mask, found in manifest.thresholds.items()
    }
    added = {key: part for key, part in manifest.added.items() if key == "contrast"} | {"adapted": adapted.record}
    files = {out / GRAPH: adapted.model.graph, **extra}
    if adapted.model.int8 is not None:
        added["int8"] = {"file": FILE, "sha256": hashlib.sha256(adapted.model.int8).hexdigest()}
        files[out / FILE] = adapted.model.int8
    # What was measured was measured on another model.
    changes = {
        "name": out.name,
        "sha256": adapted.model.sha256,
        "thresholds": thresholds,
        "metrics": {},
        "added": added,
    }
    write_together(files)
    Manifest(**vars(manifest) | changes).write(out)


def _sides(views: Sequence[PosedDepth]) -> list[tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]]:
    """Tell for each view what lies on the room's planes and what stands away from them, both H x W."""
    if not views:
        return []
    room = find_planes(views)
    if not room.planes:
        raise AdaptationError(
            "the depth shows no floor, ceiling or wall; expected poses in a frame whose z axis points up (REP 103)"
        )
    return [room.sides(view) for view in views]


def _careful(
    model: Model, images: Sequence[Image], away: Sequence[npt.NDArray[np.bool_]], advance: Callable[[], Any]
) -> Model:
    """Raise thresholds until what stands away from the room's planes, H x W for each image, is not missed too often.

    They never fall: things that lie on the planes, rugs and doors, are as hard to find, and nobody counts them here.
    """
    logits = _logits(model, images, advance)
    found = logits[np.concatenate([things[SAMPLED].ravel() for things in away])]
    if len(found) == 0:
        return model
    taken = min(1.0, TAKEN * len(logits) / len(found))
    foreground, static = (_likelihood_below(found, share) for share in (MISSED, taken))
    foreground = max(foreground, model.foreground_threshold)
    return replace(
        model, foreground_threshold=foreground, static_threshold=max(static, foreground, model.static_threshold)
    )


def _likelihood_below(logits: npt.NDArray[np.float32], share: float) -> float:
    """Return the likelihood that a share of some logits exceeds."""
    return min(1 - 1e-6, round(float(masks.likelihood(np.quantile(logits, [1 - share]))[0]), 6))


def _require_views(featureless: int, means: npt.NDArray[np.float64]) -> None:
    if featureless > len(means) / 2:
        raise AdaptationError(
            f"the model tells nothing apart in {featureless} of {len(means)} images; expected rooms that are lit, and "
            "a lens that is clean"
        )
    spread = float(np.linalg.norm(means - means.mean(0), axis=1).mean())
    if spread < ALIKE:
        raise AdaptationError(
            f"the {len(means)} images show the same view (they differ by {spread:.2f}, expected {ALIKE:g}); drive "
            "through the building"
        )


def _logits(model: Model, images: Sequence[Image], advance: Callable[[], Any]) -> npt.NDArray[np.float32]:
    """Compute the logits of a sample of the pixels of images."""
    segmenter = Segmenter(model, "cpu", precision="float32")
    found = []
    for image in images:
        found.append(segmenter(image).logit[SAMPLED].ravel())
        advance()
    return np.concatenate(found)
