# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The `bgflow` command on a robot: images, videos and bags, the viewer, the doctor, the node's benchmark."""
