# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Contact sheet and card of an adapted model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.media.frames import evenly_spread
from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.adaptation.adapting import Adapted
from bgflow_train.evaluation.contact_sheet import write_title

__all__ = ["card", "contact_sheet"]

SHOWN = 6
"""Number of images on the sheet."""
TILE = (320, 240)
"""Width and height of an image on the sheet."""


def contact_sheet(before: Model, adapted: Adapted) -> bytes:
    """Draw held-out images, a row each: the image, its overlay before, and its overlay after; a PNG file."""
    images = [adapted.held_out[place] for place in evenly_spread(len(adapted.held_out), SHOWN)]
    columns = [images, _overlays(before, images), _overlays(adapted.model, images)]
    rows = [np.concatenate([_tile(column[row]) for column in columns], 1) for row in range(len(images))]
    for place, title in enumerate(("image", "before", "after")):
        write_title(rows[0], title, place * TILE[0] + 6)
    return cv2.imencode(".png", np.concatenate(rows)[..., ::-1])[1].tobytes()


def card(adapted: Adapted, name: str) -> bytes:
    """Write the model card as Markdown."""
    record = adapted.record
    shares = [100 * record["foreground"][when] for when in ("before", "after")]
    lines = [
        f"# {name}",
        "",
        f"`{record['from']['name']}` (SHA-256 {record['from']['sha256'][:12]}), adapted to a building by "
        f"`bgflow adapt` with {record['pictures']} images {_learnt(record)}",
        "",
        f"On {record['held_out']} images of the same drive that it has not seen, {shares[0]:.1f} % of the pixels were "
        f"called foreground before, {shares[1]:.1f} % are now. Accuracy has not been measured: that needs labels. The "
        "guarantees of the thresholds ended with the adaptation.",
        "",
        "![Held-out images: as they are, with the masks before, and with those after](adaptation.png)",
        "",
    ]
    return "\n".join(lines).encode()


def _learnt(record: dict[str, Any]) -> str:
    """Say what was learnt from the images."""
    if record["planes"]:
        return (
            "of furnished rooms; its depth told planes of the room from things that stand in it. The encoder and the "
            "flows are the same; the logit has a linear correction, a function of the flows' latents."
        )
    kind = "of empty rooms" if record["empty"] else "of furnished rooms; background is what the model called so"
    return (
        f"{kind}. The encoder is the same; the flows have {record['components']} classes of background more, and the "
        f"logit an offset of {record['offset']:g}."
    )


def _overlays(model: Model, images: Sequence[npt.NDArray[np.uint8]]) -> list[npt.NDArray[np.uint8]]:
    segmenter = Segmenter(model, "cpu")
    return [segmenter(image).overlay for image in images]


def _tile(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.resize(image, TILE, interpolation=cv2.INTER_AREA), np.uint8)
