# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Arrangement of the views in the window."""

from __future__ import annotations

import rerun.blueprint as rrb

from bgflow_ros.tools.view import scene

__all__ = ["layout"]

BEHIND = rrb.EyeControls3D(position=(1.2, -1.2, -1.6), look_target=(0, 0.2, 2.5), eye_up=(0, -1, 0))
"""Viewpoint above and to the right of the camera, looking forward; metres in the camera's optical frame."""

PER_CENT = rrb.ScalarAxis(range=(0, 100))


def layout(*, live: bool = False, depth: bool = False, place: bool = False) -> rrb.Blueprint:
    """Arrange the views.

    Args:
        live: True if a node is watched, whose state and rates are shown as well.
        depth: True if depth and points are shown.
        place: True if the map of a place and its changes are shown.
    """
    image = rrb.Spatial2DView(origin=scene.IMAGE, name="camera")
    masks = rrb.Spatial2DView(
        origin=scene.CAMERA,
        contents=[scene.IMAGE, scene.FOREGROUND, scene.STATIC],
        name="masks: foreground red, surely static green",
    )
    labels = rrb.Spatial2DView(origin=scene.CAMERA, contents=[scene.IMAGE, scene.LABELS], name="labels")
    likelihood = rrb.TensorView(
        origin=scene.LIKELIHOOD,
        name="likelihood of background, %",
        scalar_mapping=rrb.TensorScalarMapping(colormap="viridis"),
    )
    images: list[rrb.View | rrb.Container] = [image, rrb.Tabs(masks, labels, active_tab=0), likelihood]
    if depth:
        space = rrb.Spatial3DView(
            contents=[scene.POINTS, scene.CAMERA, scene.IMAGE],
            name="foreground points, in the camera's frame",
            line_grid=False,  # it would be drawn at the camera's height, not on the floor
            eye_controls=BEHIND,
        )
        images += [rrb.Spatial2DView(origin=scene.DEPTH, name="depth, 0 to 8 m"), space]
    shares = rrb.TimeSeriesView(origin=scene.SHARE, name="share of the image", axis_y=PER_CENT)
    told: list[rrb.View] = [rrb.TimeSeriesView(origin=scene.AGE, name="age of masks" if live else "time"), shares]
    if live:
        rate = rrb.TimeSeriesView(origin=scene.RATE, name="rate")
        told = [rrb.TextDocumentView(origin=scene.NODE, name="node"), rate, *told]
    if place:
        room = rrb.Spatial3DView(origin=scene.PLACE, name="map; new red, gone blue", line_grid=False)
        change = rrb.TimeSeriesView(origin=scene.CHANGE, name="changed surface, m²")
        return _blueprint(rrb.Horizontal(room, rrb.Vertical(*images, change), column_shares=[3, 1]), live)
    plots = rrb.Grid(*told, grid_columns=2 if live else 1)
    return _blueprint(rrb.Grid(*images, plots, grid_columns=3 if depth else 2), live)


def _blueprint(views: rrb.Container, live: bool) -> rrb.Blueprint:
    return rrb.Blueprint(
        views,
        rrb.BlueprintPanel(state="collapsed"),
        rrb.SelectionPanel(state="collapsed"),
        rrb.TimePanel(
            state="collapsed",
            timeline="stamp" if live else "time",
            play_state="following" if live else "playing",
        ),
    )
