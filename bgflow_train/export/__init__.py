# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Export of a fit to a model folder: ONNX graph, quantisation, manifest, model card."""
