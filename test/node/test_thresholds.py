# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Thresholds that are the model's own until the user sets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from bgflow_ros.node.thresholds import UNSET, SettingsError, Thresholds

MODEL: Any = SimpleNamespace(foreground_threshold=0.3, static_threshold=0.7)


@dataclass
class Parameters:
    """Parameters of a node, which sets its own and those of its user in the same way."""

    foreground_threshold: float = UNSET
    static_threshold: float = UNSET
    min_static: float = 0.0

    def __post_init__(self) -> None:
        self.thresholds = Thresholds(self.set)

    def set(self, values: Mapping[str, float]) -> None:
        vars(self).update(values)
        self.thresholds.keep(values)

    def configure(self, model: Any = MODEL) -> None:
        self.thresholds.take_from(model, self)  # type: ignore[arg-type]

    def pair(self) -> tuple[float, float]:
        return self.foreground_threshold, self.static_threshold


def test_the_model_s_thresholds_leave_with_it() -> None:
    parameters = Parameters()
    parameters.configure()
    assert parameters.pair() == (0.3, 0.7)
    parameters.thresholds.release()
    assert parameters.pair() == (UNSET, UNSET)


def test_a_threshold_that_the_user_sets_stays() -> None:
    parameters = Parameters(static_threshold=0.9)
    parameters.configure()
    parameters.set({"foreground_threshold": 0.4})
    parameters.thresholds.release()
    assert parameters.pair() == (0.4, 0.9)


def test_a_threshold_must_agree_with_the_model_s_other_one() -> None:
    with pytest.raises(SettingsError, match=r"static_threshold 0.7 is below foreground_threshold 0.8; a threshold"):
        Parameters(foreground_threshold=0.8).configure()


def test_the_segmenter_gets_all_three() -> None:
    parameters, segmenter = Parameters(0.2, 0.8, 0.5), SimpleNamespace()
    parameters.thresholds.apply(parameters, segmenter)  # type: ignore[arg-type]
    assert (segmenter.thresholds, segmenter.min_static) == ((0.2, 0.8), 0.5)
