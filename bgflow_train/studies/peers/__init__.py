# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The default model beside its peers, on the same images."""
