# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Coverage-guided fuzzing of the decoders (atheris, libFuzzer)."""
