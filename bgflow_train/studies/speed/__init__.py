# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Speed of the packaged model beside its peers, and the time that making a model takes."""
