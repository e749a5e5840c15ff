# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Training of the networks: the default model's backbone and the paper's expert."""
