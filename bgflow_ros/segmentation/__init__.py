# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Segmentation of images without ROS: the model, its runtime, and the masks made from its output."""
