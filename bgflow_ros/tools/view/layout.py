# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Which views lie where in the window, from its first moment on."""

from __future__ import annotations

import rerun.blueprint as rrb

from bgflow_ros.tools.view import scene

__all__ = ["layout"]

BEHIND = rrb.EyeControls3D(position=(1.2, -1.2, -1.6), look_target=(0, 0.2, 2.5), eye_up=(0, -1, 0))
"""Over the camera's right shoulder, in its optical frame, metres."""

PER_CENT = rrb.ScalarAxis(range=(0, 100))


def layout(*, live: bool, depth: bool) -> rrb.Blueprint:
    """Arrange the views.

    Args:
        live: whether a node is watched, which tells its state and rates.
        depth: whether there are depth and points.
    """
    image = rrb.Spatial2DView(origin=scene.IMAGE, name="camera")
    masks = rrb.Spatial2DView(
        origin=scene.CAMERA,
        contents=[scene.IMAGE, scene.FOREGROUND, scene.STATIC],
        name="masks: foreground red, surely static green",
    )
    likelihood = rrb.TensorView(
        origin=scene.LIKELIHOOD,
        name="likelihood of background, %",
        scalar_mapping=rrb.TensorScalarMapping(colormap="viridis"),
    )
    pictures: list[rrb.View] = [image, masks, likelihood]
    if depth:
        space = rrb.Spatial3DView(
            contents=[scene.POINTS, scene.CAMERA, scene.IMAGE],
            name="foreground points, in the camera's frame",
            line_grid=False,  # it would lie at the camera's height, not on the floor
            eye_controls=BEHIND,
        )
        pictures += [rrb.Spatial2DView(origin=scene.DEPTH, name="depth, 0 to 8 m"), space]
    shares = rrb.TimeSeriesView(origin=scene.SHARE, name="share of the picture", axis_y=PER_CENT)
    told: list[rrb.View] = [rrb.TimeSeriesView(origin=scene.AGE, name="age of masks" if live else "time"), shares]
    if live:
        rate = rrb.TimeSeriesView(origin=scene.RATE, name="rate")
        told = [rrb.TextDocumentView(origin=scene.NODE, name="node"), rate, *told]
    return rrb.Blueprint(
        rrb.Grid(*pictures, rrb.Grid(*told, grid_columns=2 if live else 1), grid_columns=3 if depth else 2),
        rrb.BlueprintPanel(state="collapsed"),
        rrb.SelectionPanel(state="collapsed"),
        rrb.TimePanel(
            state="collapsed",
            timeline="stamp" if live else "time",
            play_state="following" if live else "playing",
        ),
    )
