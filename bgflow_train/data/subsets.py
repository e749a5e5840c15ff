# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Subsets and concatenations of data sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bgflow_train.data.base import IndexedDataset, Sample

__all__ = ["Concatenated", "Subset", "evenly_spaced"]


class Subset(IndexedDataset):
    """Selected samples of a data set.

    Args:
        dataset: The data set to select from.
        indices: Indices of the samples, in the order of the subset.
        name: Name of the subset.
    """

    def __init__(self, dataset: IndexedDataset, indices: Sequence[int], name: str) -> None:
        super().__init__(name, [dataset.ids[index] for index in indices])
        self.dataset, self.indices = dataset, list(indices)

    def __getitem__(self, index: int) -> Sample:
        return self.dataset[self.indices[index]]

    def _content(self, index: int) -> Iterable[bytes]:
        return self.dataset._content(self.indices[index])


class Concatenated(IndexedDataset):
    """Concatenation of data sets; each id is prefixed with the name of its data set.

    Args:
        parts: The data sets.
        name: Name of the concatenation.
    """

    def __init__(self, parts: Sequence[IndexedDataset], name: str) -> None:
        super().__init__(name, [f"{part.name}/{id}" for part in parts for id in part.ids])
        self._places = [(part, index) for part in parts for index in range(len(part))]

    def __getitem__(self, index: int) -> Sample:
        part, place = self._places[index]
        return part[place]._replace(id=self.ids[index])

    def _content(self, index: int) -> Iterable[bytes]:
        part, place = self._places[index]
        return part._content(place)


def evenly_spaced(dataset: IndexedDataset, most: int) -> Subset:
    """Select at most `most` evenly spaced samples."""
    step = -(-len(dataset) // most)
    indices = range(0, len(dataset), step)
    return Subset(dataset, indices, dataset.name if step == 1 else f"{dataset.name}, 1 in {step}")
