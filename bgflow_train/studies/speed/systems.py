# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Systems that are measured, by name: how each is written into a folder, and how it is then called.

Speed does not depend on the values of weights, so all but the packaged model's are random, and nothing has to be
trained or downloaded. torch is imported only while a system is written, because the measured processes must not hold
it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from bgflow_ros.segmentation.files import write_atomically
from bgflow_ros.segmentation.model import DEFAULT_MODEL, Model
from bgflow_ros.segmentation.providers import OPENVINO, precision_of, refusal
from bgflow_train.studies.speed.callers import FEATURES, NEIGHBOURS, STORED, Call

if TYPE_CHECKING:  # the command line imports the names from here, also where onnx is not installed
    from bgflow_train.studies.speed.operations import Count

__all__ = ["PACKAGED", "SYSTEMS", "System", "default_system"]

EXTRA = "peers"


@dataclass(frozen=True)
class System:
    """System that is compared with others."""

    name: str
    about: str
    write: Callable[[Path, int, int, int], Count]
    """Writes the system into a folder for an input of width x height with a seed; returns the work of the network."""
    call: Call
    """Way to call the written system."""
    needs: str | None = None
    """Package that it comes from, if the extra `train` does not bring it."""

    def missing(self, device: str) -> str | None:
        """Return the reason why the system is not available here; None where it is."""
        if self.needs is not None and find_spec(self.needs) is None:
            extra = OPENVINO if self.needs == OPENVINO else EXTRA
            return f"needs {self.needs}, which is not installed: in the checkout, pip install '.[{extra}]'"
        if self.call.device is not None and device != "cpu":
            return f"runs on the processor, and the others on {device}"
        if self.call.model is not None:
            return refusal(Model.load(self.call.model), device, self.call.precision)
        return None


def write_float32(folder: Path, width: int, height: int, seed: int) -> Count:
    """Write nothing, because the model is packaged; count its float32 graph."""
    return _count(Model.load(DEFAULT_MODEL).graph)


def write_int8(folder: Path, width: int, height: int, seed: int) -> Count:
    """Write nothing, because the model is packaged; count its int8 graph."""
    graph = Model.load(DEFAULT_MODEL).int8
    assert graph is not None
    return _count(graph)


def write_flows(folder: Path, width: int, height: int, seed: int) -> Count:
    """Write the paper's flow ensemble as a model folder."""
    from bgflow_train.export.onnx_graph import to_onnx
    from bgflow_train.studies.speed.paper_networks import PaperFlows, paper_expert

    network = PaperFlows(paper_expert(), seed)
    return _write_model(folder, to_onnx(network, width, height), width, height, network.expert.layers[0].stride)


def write_fcn(folder: Path, width: int, height: int, seed: int) -> Count:
    """Write the paper's softmax as a model folder."""
    from bgflow_train.export.onnx_graph import to_onnx
    from bgflow_train.studies.speed.paper_networks import PaperFcn, paper_expert

    return _write_model(folder, to_onnx(PaperFcn(paper_expert()), width, height), width, height, 1)


def write_knn(folder: Path, width: int, height: int, seed: int) -> Count:
    """Write the paper's expert as a graph of features, and random descriptors for each of its layers."""
    import safetensors.torch
    import torch

    from bgflow_train.export.onnx_graph import to_onnx
    from bgflow_train.studies.speed.operations import Operation
    from bgflow_train.studies.speed.paper_networks import Features, paper_expert

    expert = paper_expert()
    names = [f"layer{layer.number}" for layer in expert.layers]
    graph = to_onnx(Features(expert), width, height, names)
    write_atomically(folder / FEATURES, graph)
    searches = []
    for name, layer in zip(names, expert.layers, strict=True):
        stored = torch.nn.functional.normalize(torch.randn(STORED, layer.channels), dim=-1)
        safetensors.torch.save_file({"features": stored}, folder / f"{name}.safetensors")
        cells = (width // layer.stride) * (height // layer.stride)
        moved = 4 * layer.channels * (STORED + cells) + 8 * NEIGHBOURS * cells
        searches.append(Operation(f"{name} search", "Search", cells * STORED * layer.channels, moved))
    counted = _count(graph)
    return replace(counted, operations=(*counted.operations, *searches))


def write_lraspp(folder: Path, width: int, height: int, seed: int) -> Count:
    """Write torchvision's LR-ASPP as a model folder."""
    from bgflow_train.export.onnx_graph import to_onnx
    from bgflow_train.studies.speed.peer_networks import lraspp

    return _write_model(folder, to_onnx(lraspp(), width, height), width, height, 1)


def write_segformer(folder: Path, width: int, height: int, seed: int) -> Count:
    """Write transformers' SegFormer-B0 as a model folder."""
    from bgflow_train.export.onnx_graph import to_onnx
    from bgflow_train.studies.speed.peer_networks import segformer

    return _write_model(folder, to_onnx(segformer(), width, height), width, height, 4)


def write_fastflow(folder: Path, width: int, height: int, seed: int) -> Count:
    """Write anomalib's FastFlow as a model folder."""
    from bgflow_train.studies.speed.anomalib_graphs import fastflow

    return _write_model(folder, fastflow(width, height), width, height, 1)


def write_efficient_ad(folder: Path, width: int, height: int, seed: int) -> Count:
    """Write anomalib's EfficientAD as a model folder."""
    from bgflow_train.studies.speed.anomalib_graphs import efficient_ad

    return _write_model(folder, efficient_ad(width, height), width, height, 1)


def _write_model(folder: Path, graph: bytes, width: int, height: int, stride: int) -> Count:
    """Write a model folder, so that the robot's own code runs the graph. Thresholds do not matter for time."""
    threshold = {"likelihood": 0.5, "level": 0.05, "guarantee": "none: random weights"}
    manifest = {
        "format": 1,
        "name": folder.name,
        "file": "model.onnx",
        "sha256": hashlib.sha256(graph).hexdigest(),
        "input": {"width": width, "height": height},
        "stride": stride,
        "thresholds": {"foreground": threshold, "static": threshold},
        **{key: {} for key in ("encoder", "training", "calibration", "metrics")},
        "layers": [],
    }
    write_atomically(folder / "model.onnx", graph)
    write_atomically(folder / "manifest.yaml", yaml.safe_dump(manifest).encode())
    return _count(graph)


def _count(graph: bytes) -> Count:
    from bgflow_train.studies.speed.operations import count

    return count(graph)


def default_system(device: str) -> str:
    """Name the packaged model in the precision that it takes by default on this device and machine."""
    return f"bgflow {precision_of(Model.load(DEFAULT_MODEL), device, 'auto')}"


PACKAGED = ("bgflow int8", "bgflow float32")
"""Names of the packaged model in its two precisions."""
SYSTEMS = {
    system.name: system
    for system in (
        System("bgflow int8", "the packaged model in 8 bits", write_int8, Call(DEFAULT_MODEL, "int8")),
        System("bgflow float32", "the packaged model in float32", write_float32, Call(DEFAULT_MODEL, "float32")),
        System(
            "bgflow int8 openvino",
            "the packaged model in 8 bits, by OpenVINO",
            write_int8,
            Call(DEFAULT_MODEL, "int8", OPENVINO),
            OPENVINO,
        ),
        System(
            "bgflow float32 openvino",
            "the packaged model in float32, by OpenVINO",
            write_float32,
            Call(DEFAULT_MODEL, "float32", OPENVINO),
            OPENVINO,
        ),
        System("paper flows", "VGG-16, decoder, a Real NVP of 32 couplings on each of 4 layers", write_flows, Call()),
        System("paper fcn", "VGG-16, decoder, softmax", write_fcn, Call()),
        System(
            "paper knn",
            f"VGG-16, decoder, {NEIGHBOURS} nearest of {STORED} descriptors (exact, faiss) on each of 4 layers",
            write_knn,
            Call(search=True),
        ),
        System("lraspp mobilenetv3", "LR-ASPP on MobileNetV3-Large, torchvision", write_lraspp, Call()),
        System("segformer b0", "SegFormer-B0, transformers", write_segformer, Call(), "transformers"),
        System("anomalib fastflow", "FastFlow on ResNet-18, anomalib", write_fastflow, Call(), "anomalib"),
        System("anomalib efficientad", "EfficientAD-S, anomalib", write_efficient_ad, Call(), "anomalib"),
    )
}
