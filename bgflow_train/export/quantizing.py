# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Quantisation to an int8 graph: the encoder's convolutions in int8, the scores in float32."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from tqdm import tqdm

from bgflow_ros.segmentation.files import write_atomically
from bgflow_ros.segmentation.masks import likelihood
from bgflow_ros.segmentation.model import PROTOBUF_BYTES, Model, ModelError
from bgflow_ros.segmentation.runtime import Runtime
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.data import IndexedDataset
from bgflow_train.data.canvas import to_canvas
from bgflow_train.data.registry import open_split
from bgflow_train.export.manifest import Manifest
from bgflow_train.export.model_card import write_card
from bgflow_train.export.reporting import contrast_report, evaluation_reports
from bgflow_train.export.rounding import moments, round_weights

__all__ = ["KEEP", "LEVELS", "add_int8", "difference", "quantize"]

KEEP = ("conv_stem", "blocks.0.")
"""Parts of the encoder that stay in float32: at half the image's size they are no faster in int8, and they cause two
fifths of the difference (results/experiments.md; `bgflow quantize --keep` measures other choices)."""
FOLLOWING = ("Add", "Clip", "Resize")
"""Operators that are computed in int8 if they follow a convolution in int8."""
CALIBRATION = ("nyu", "fit")
HELD_BACK = ("nyu", "validate")
IMAGES = 64
"""Number of images for the ranges of the activations, and of those for the comparison with float32."""
LEVELS = 64
"""Largest integer of a weight. Processors without VNNI or dot product sum two products of bytes in 16 bits, which holds
at most 2 * 255 * 64; with this bound the graph gives the same result on every processor."""
FILE = "model_int8.onnx"


def quantize(
    graph: bytes, canvases: Sequence[npt.NDArray[np.uint8]], keep: Sequence[str] = KEEP, seed: int = 0
) -> bytes:
    """Quantise statically: weights per channel to integers up to LEVELS, activations per tensor to eight bits.

    Everything but the encoder's convolutions stays in float32: heads, densities, exponentials, sums and fusion.

    Args:
        graph: Exported network in float32.
        canvases: Images of the network's size, H x W x 3 RGB; none of them may be a reported one.
        keep: Parts of the names of weights whose convolutions stay in float32.
        seed: Seed of the positions that the rounding samples.

    Returns:
        The ONNX file in the QDQ format.

    Raises:
        ModelError: There is no convolution to quantise.
    """
    model = onnx.load_from_string(graph)
    inside = _encoder_nodes(model.graph, keep)
    if not inside:
        raise ModelError(
            f"no convolution of the encoder is left to quantise: all are of {', '.join(keep)}, or it has none"
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        logging.disable(logging.WARNING)  # Advice to optimise first, which would fuse nodes that are told apart here.
        try:
            quantize_static(
                model,
                path,
                _Canvases(canvases),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                reduce_range=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                op_types_to_quantize=["Conv", *FOLLOWING],
                nodes_to_quantize=[node.name for node in inside],
            )
        finally:
            logging.disable(logging.NOTSET)
        quantized = onnx.load(path)
    _refine_rounding(
        quantized, onnx.load_from_string(graph), [node for node in inside if node.op_type == "Conv"], canvases, seed
    )
    quantized.ClearField("metadata_props")
    onnx.checker.check_model(quantized, full_check=True)
    return bytes(quantized.SerializeToString())


def _refine_rounding(
    quantized: onnx.ModelProto,
    model: onnx.ModelProto,
    convolutions: Sequence[onnx.NodeProto],
    canvases: Sequence[npt.NDArray[np.uint8]],
    seed: int,
) -> None:
    """Replace the rounded weights by the integers that change the outputs of the layers least."""
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    tensors = {tensor.name: tensor for tensor in quantized.graph.initializer}
    seen = moments(model, convolutions, canvases, seed)
    for node in tqdm(convolutions, "rounding", unit="layer"):
        name = node.input[1]
        scales = numpy_helper.to_array(tensors[f"{name}_scale"])
        rounded = round_weights(weights[name], seen[node.name], scales, LEVELS)
        tensors[f"{name}_quantized"].CopyFrom(numpy_helper.from_array(rounded, f"{name}_quantized"))


def add_int8(folder: Path, data: Path, cache: Path, keep: Sequence[str] = KEEP, notes: str = "") -> Manifest:
    """Add an int8 graph to a model folder, and its difference from float32 and its metrics to manifest and card.

    Args:
        folder: The model folder.
        data: Folder that holds the data sets.
        cache: Folder for the counts of a run that is not finished.
        keep: See `quantize`.
        notes: Markdown to append to the model card.

    Returns:
        The manifest as written.
    """
    float32 = Model.load(folder, PROTOBUF_BYTES)
    calibration, held_back = open_split(data, *CALIBRATION), open_split(data, *HELD_BACK)
    manifest = Manifest.load(folder)
    seed = manifest.training["recipe"]["seed"]
    graph = quantize(float32.graph, _canvases(calibration, float32), keep, seed)
    # Everything is measured before anything is written: a kill leaves no model that is only half described.
    int8 = replace(float32, int8=graph)
    entry = {
        "file": FILE,
        "sha256": hashlib.sha256(graph).hexdigest(),
        "float32": list(keep),
        "calibration": {"/".join(CALIBRATION): {"pictures": IMAGES, "sha256": calibration.digest()}},
        "difference": difference(int8, _canvases(held_back, float32)),
        "metrics": evaluation_reports(Segmenter(int8, "cpu", precision="int8"), data, cache, seed),
    }
    manifest = manifest.with_part("int8", entry)
    if not manifest.held_out:
        # The contrast is measured again, because one bound serves both graphs. Of a model that was cross-fitted there
        # is no int8 graph that has not seen the images.
        manifest = manifest.with_part("contrast", contrast_report(int8, data))
    write_atomically(folder / FILE, graph)
    manifest.write(folder)
    write_card(folder, manifest, notes)
    return manifest


def difference(model: Model, canvases: Sequence[npt.NDArray[np.uint8]]) -> dict[str, float]:
    """Measure the absolute difference in likelihood between a model's int8 and float32 graphs.

    Args:
        model: Model with both graphs.
        canvases: Images of the network's size, H x W x 3 RGB.

    Returns:
        The number of images, and mean, 99th percentile and maximum of the difference over all their cells.
    """
    maps = []
    runtimes = [Runtime(model, "cpu", precision=precision) for precision in ("float32", "int8")]
    for canvas in canvases:
        exact, fast = (likelihood(runtime(canvas)) for runtime in runtimes)
        maps.append(np.abs(exact - fast))
    return {
        "pictures": len(maps),
        "mean": float(np.mean(maps)),
        "percentile99": float(np.percentile(maps, 99)),
        "largest": float(np.max(maps)),
    }


def _encoder_nodes(graph: onnx.GraphProto, keep: Sequence[str]) -> list[onnx.NodeProto]:
    """List the encoder's convolutions except those to keep, and the nodes of FOLLOWING behind them."""
    inside: set[str] = set()
    nodes = []
    for node in graph.node:
        weight = node.input[1] if node.op_type == "Conv" else ""
        is_encoder = weight.startswith("encoder.") and not any(part in weight for part in keep)
        if is_encoder or (node.op_type in FOLLOWING and inside.intersection(node.input)):
            inside.update(node.output)
            nodes.append(node)
    return nodes


def _canvases(dataset: IndexedDataset, model: Model) -> list[npt.NDArray[np.uint8]]:
    """Read IMAGES evenly spaced images of a data set as the network sees them."""
    indices = range(0, len(dataset), max(1, len(dataset) // IMAGES))[:IMAGES]
    return [to_canvas(dataset[index], model.width, model.height)[0] for index in indices]


class _Canvases(CalibrationDataReader):  # type: ignore[misc]
    """Source of canvases for ONNX Runtime's calibration."""

    def __init__(self, canvases: Iterable[npt.NDArray[np.uint8]]) -> None:
        self._canvases = iter(canvases)

    def get_next(self) -> dict[str, npt.NDArray[np.uint8]] | None:
        canvas = next(self._canvases, None)
        return None if canvas is None else {"image": canvas[None]}
