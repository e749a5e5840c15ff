# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measurement of a patrol in a room: adapted to half of its empty images, tried on the other half and on furniture."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from bgflow_ros.segmentation.foreign_objects import MIN_AREA, PERSISTENCE, ForeignObjects
from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.adaptation.adapting import FALSE_ALARMS, adapt
from bgflow_train.adaptation.checks import AdaptationError
from bgflow_train.studies.odometry.drive import Drive, DriveError, Frame
from bgflow_train.studies.patrol.things import find_things

__all__ = ["ADAPTED", "AS_IT_IS", "Room", "find_rooms", "measure_room"]

AS_IT_IS, ADAPTED = "the packaged model", "adapted to the empty room"

Room = tuple[Drive, Sequence[Drive]]
"""Drive through an empty room, and drives along the same path with furniture."""


def find_rooms(drives: Sequence[Drive]) -> dict[str, Room]:
    """Sort drives of `bgflow drives --emptied` by room.

    Raises:
        DriveError: No room has both a drive without furniture and one with it.
    """
    rooms: dict[tuple[int, int], dict[bool, list[Drive]]] = defaultdict(lambda: defaultdict(list))
    for drive in drives:
        described = drive.description
        if described.get("day") is not None and not described["amount"]:
            rooms[described["seed"], described["room"]][described["day"] == 0].append(drive)
    found: dict[str, Room] = {
        f"room {room} of seed {seed}": (days[True][0], days[False])
        for (seed, room), days in rooms.items()
        if days[True] and days[False]
    }
    if not found:
        raise DriveError("no room has a drive without furniture and one with it; expected `bgflow drives --emptied`")
    return found


def measure_room(room: Room, model: Model, advance: Callable[[], Any]) -> dict[str, Any]:
    """Measure a room, JSON-ready; `advance` is called after each image.

    Returns:
        For the model as it is and adapted, the things with furniture and what is false in the empty room; or, under
        `refused`, why it was not adapted.
    """
    empty, furnished = room
    frames = list(empty.frames())
    found: dict[str, Any] = {AS_IT_IS: _measure(model, empty, frames, furnished, advance)}
    try:
        adapted = adapt(model, [frame.rgb for frame in frames[::2]], True, FALSE_ALARMS, lambda: None)
        found[ADAPTED] = _measure(adapted.model, empty, frames, furnished, advance)
    except AdaptationError as error:
        found[ADAPTED] = {"refused": str(error)}
    return found


def _measure(
    model: Model, empty: Drive, frames: Sequence[Frame], furnished: Sequence[Drive], advance: Callable[[], Any]
) -> dict[str, Any]:
    segmenter = Segmenter(model, "cpu")
    things = []
    cleared = {frame.time: frame.mask for frame in frames}
    for drive in furnished:
        for frame in drive.frames():
            if frame.mask is None:
                raise DriveError(f"{drive.path}: no mask.txt; expected a drive of `bgflow drives`")
            # What the empty room has as well, doors and curtains, is no foreign thing.
            same = cleared.get(frame.time)
            if same is None:
                raise DriveError(f"{empty.path}: no image with a mask at {frame.time:.6f}, as {drive.path} has one")
            truth = frame.mask * (same != 1)
            things += find_things(truth, frame.depth, segmenter(frame.rgb).foreground, float(drive.matrix[0, 0]))
            advance()
    times = [frame.time for frame in frames]
    # Every second image was adapted to, so that an object may be missing for one.
    alarms = ForeignObjects(PERSISTENCE, MIN_AREA, 2.5 * (times[-1] - times[0]) / (len(times) - 1))
    reports = images = wrong = 0
    for frame in frames[1::2]:
        mask = segmenter(frame.rgb).foreground
        fresh = ForeignObjects(0.0, MIN_AREA, 0.0)
        wrong += bool(fresh.update(mask, 0.0))
        reports += len(alarms.update(mask, frame.time))
        images += 1
        advance()
    return {
        "things": {
            "size": [round(thing.size, 3) for thing in things],
            "distance": [round(thing.distance, 3) for thing in things],
            "found": [thing.found for thing in things],
        },
        "empty": {"images": images, "with_a_patch": wrong, "reports": reports, "seconds": times[-1] - times[0]},
    }
