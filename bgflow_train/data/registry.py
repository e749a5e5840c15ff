# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Known data sets by name, in the notation of the command line: `NAME:FOLDER`."""

from __future__ import annotations

from pathlib import Path

from bgflow_ros.segmentation.files import expand
from bgflow_train.data.ade20k import Ade20k, Ade20kParsing
from bgflow_train.data.base import DatasetError, IndexedDataset
from bgflow_train.data.classes import ClassesDataset
from bgflow_train.data.folder import FolderDataset
from bgflow_train.data.folds import Fold
from bgflow_train.data.splits import FOLDERS, NAMES, Splits, foreground_share, is_balanced

__all__ = [
    "dataset_path",
    "open_ade20k_parsing",
    "open_classes",
    "open_dataset",
    "open_fold",
    "open_images",
    "open_nyu",
    "open_split",
]

MAT = "nyu_depth_v2_labeled.mat"


def open_dataset(spec: str, split: str) -> IndexedDataset:
    """Open one split of a known data set.

    Args:
        spec: `NAME:FOLDER`, where NAME is in splits.json and the folder holds `rgb/` and `mask/`. For NYU, FOLDER may
            also be the original nyu_depth_v2_labeled.mat. ADE20K itself, in either of its formats, is `ade20k:FOLDER`.
        split: A split of this data set in splits.json; for ADE20K `training` or `validation`.

    Raises:
        DatasetError: The name, the split or the folder does not exist.
    """
    name, separator, folder = spec.partition(":")
    if name == "ade20k" and separator:
        return Ade20k(expand(folder), split)
    if not separator or name not in NAMES:
        raise DatasetError(
            f"{spec!r} is not a known data set; expected NAME:FOLDER with NAME one of {', '.join(NAMES)}"
        )
    root, title = expand(folder), f"{name}/{split}"
    splits = Splits.load()
    ids = splits.ids(name, split)
    if name != "nyu":
        return FolderDataset(root / "rgb", root / "mask", ids, title)
    if split in ("test", "balanced"):
        # A more complete copy of NYU than that of splits.json has more images to report on.
        known = {id for part in splits.sets["nyu"].values() for id in part}
        more = [id for id in open_nyu(root, None, title).ids if id not in known]
        if split == "balanced" and more:
            more = [sample.id for sample in open_nyu(root, more, title) if is_balanced(foreground_share(sample.mask))]
        ids = sorted([*ids, *more])
    return open_nyu(root, ids, title)


def open_split(data: Path, name: str, split: str) -> IndexedDataset:
    """Open one split of a known data set in the folder that holds all data sets."""
    return open_dataset(f"{name}:{dataset_path(data, name)}", split)


def open_images(data: Path, name: str, ids: list[str], title: str) -> IndexedDataset:
    """Open some images of a known data set in the folder that holds all data sets."""
    path = dataset_path(data, name)
    return open_nyu(path, ids, title) if name == "nyu" else FolderDataset(path / "rgb", path / "mask", ids, title)


def open_fold(data: Path, name: str, fold: Fold, held_out: bool) -> IndexedDataset:
    """Open the images of a known data set that a fold holds out, or those that it leaves to train on."""
    return open_images(data, name, fold.ids(name, held_out), fold.title(name, held_out))


def open_classes(data: Path, name: str, split: str | Fold) -> ClassesDataset:
    """Open the images of a known data set with their classes, in the folder that holds all data sets.

    Args:
        data: The folder.
        name: Name of the data set.
        split: One of its splits, or the fold that is held out: then all that the fold leaves to train on.

    Raises:
        DatasetError: The images or their classes are missing.
    """
    if isinstance(split, Fold):
        ids, title = split.ids(name, held_out=False), split.title(name, held_out=False)
    else:
        ids, title = Splits.load().ids(name, split), f"{name}/{split}"
    return ClassesDataset(dataset_path(data, name), ids, title)


def dataset_path(data: Path, name: str) -> Path:
    """Find a known data set in the folder that holds all data sets; for NYU, fall back to the original .mat file."""
    if name == "nyu" and not (data / FOLDERS[name]).is_dir() and (data / MAT).is_file():
        return data / MAT
    return data / FOLDERS[name]


def open_nyu(path: Path, ids: list[str] | None, name: str) -> IndexedDataset:
    """Open NYU Depth v2 from a folder with `rgb/` and `mask/`, or from nyu_depth_v2_labeled.mat."""
    if path.suffix == ".mat":
        from bgflow_train.data.nyu_mat import NyuMat

        return NyuMat(path, ids, name)
    return FolderDataset(path / "rgb", path / "mask", ids, name)


def open_ade20k_parsing(root: Path) -> tuple[Ade20kParsing, Ade20kParsing]:
    """Open ADE20K to train and to validate scene parsing, without the images that splits.json reserves for other uses.

    Raises:
        DatasetError: The folder is not ADE20K, or no image is left.
    """
    used = {id for parts in Splits.load().sets.values() for ids in parts.values() for id in ids}
    sets = []
    for part in ("training", "validation"):
        name = f"ade20k_parsing/{part}"
        ids = [id for id in Ade20kParsing(root, part, name=name).ids if id not in used]
        if not ids:
            raise DatasetError(f"{root} has no image in {part} that is not used elsewhere (splits.json)")
        sets.append(Ade20kParsing(root, part, ids, name))
    return sets[0], sets[1]
