# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Thresholds of the node: `foreground_threshold`, `static_threshold` and `min_static`, and the rules among them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter

if TYPE_CHECKING:
    from bgflow_ros.node.parameters import Settings

__all__ = ["THRESHOLDS", "UNSET", "SettingsError", "Thresholds", "threshold_refusal"]

UNSET = -1.0
"""Value of a threshold that stands for the model's own, until a model is configured."""
THRESHOLDS = ("foreground_threshold", "static_threshold")
"""Parameters that a model has values of its own for."""


class SettingsError(Exception):
    """Parameters with which the node cannot be configured."""


def threshold_refusal(name: str, value: float, others: Settings, configured: bool) -> str | None:
    """Say why a threshold cannot take a value; None where it can.

    Args:
        name: one of THRESHOLDS.
        value: a finite number.
        others: values of all parameters, as they are or will be with the same request.
        configured: True if the node has a model, whose own value can then no longer be requested.
    """
    if value != UNSET and not 0 < value < 1:
        return f"{name} is {value:g}; expected a likelihood between 0 and 1, both excluded"
    if value == UNSET and configured:
        return f"{name} is {UNSET:g}, the model's own, which only an unconfigured node can take; set a likelihood"
    foreground, static = others.foreground_threshold, others.static_threshold
    if UNSET not in (foreground, static) and static < foreground:
        return f"static_threshold would be {static:g}, below foreground_threshold {foreground:g}"
    return None


class Thresholds:
    """Gives the thresholds that the user has not set the model's values, as long as that model is loaded.

    Args:
        set_parameters: sets parameters of the node; the node calls `keep` with the names of those that were set.
    """

    def __init__(self, set_parameters: Callable[[Mapping[str, float]], object]) -> None:
        self._set_parameters = set_parameters
        self._from_model: list[str] = []

    def take_from(self, model: Model, settings: Settings) -> None:
        """Set the parameters that the user has not set to the model's thresholds.

        Raises:
            SettingsError: the static threshold would be below the foreground threshold.
        """
        self._from_model = [name for name in THRESHOLDS if getattr(settings, name) == UNSET]
        self.change_to(model, settings)

    def change_to(self, model: Model, settings: Settings) -> None:
        """Set the parameters that are a model's thresholds to those of another model.

        Raises:
            SettingsError: as `take_from`.
        """
        values = {name: getattr(settings, name) for name in THRESHOLDS}
        values |= {name: getattr(model, name) for name in self._from_model}
        if values["static_threshold"] < values["foreground_threshold"]:
            raise SettingsError(
                f"static_threshold {values['static_threshold']:g} is below foreground_threshold "
                f"{values['foreground_threshold']:g}; a threshold that is not set is the model's own"
            )
        self._set(values)

    def release(self) -> None:
        """Unset the thresholds that are the model's: the next model brings its own."""
        self._set(dict.fromkeys(self._from_model, UNSET))

    def keep(self, names: Iterable[str]) -> None:
        """Keep these parameters, which the user has set, also for the next model."""
        given = set(names)
        self._from_model = [name for name in self._from_model if name not in given]

    def apply(self, settings: Settings, segmenter: Segmenter) -> None:
        """Give a segmenter the parameters' values; the next image takes them."""
        segmenter.thresholds = settings.foreground_threshold, settings.static_threshold
        segmenter.min_static = settings.min_static

    def _set(self, values: Mapping[str, float]) -> None:
        from_model = self._from_model
        self._set_parameters(values)
        self._from_model = from_model  # set by the node itself, not by the user
