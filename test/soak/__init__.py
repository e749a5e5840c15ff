# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The real node beside a camera and an operator that do it all sorts of harm, for as long as asked."""
