# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Ages of published masks, as far as stamps and clock give them."""

from __future__ import annotations

from collections import deque

__all__ = ["STANDING", "UNSTAMPED", "Ages"]

UNSTAMPED, STANDING = "stamps are 0", "stamps are all the same"
"""Reasons why there is no age, nor anything else that depends on stamps."""
STILL = 1.0
"""Seconds for which a driver may publish the same image repeatedly."""
RECENT = 300
"""Number of answers whose ages are kept."""
OLDEST = 10.0
"""Seconds of age beyond which a stamp is attributed to another clock, such as that of a recording or a simulation."""
AHEAD = 0.05
"""Seconds by which a camera's clock may be ahead of the node's clock."""


class Ages:
    """Keeps the ages of the last answers while they make sense, and otherwise the reason why they do not."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=RECENT)
        self._stamp = self._moved = 0
        """The last stamp, and the time by the node's clock at which it first arrived; 0 while there was no time."""
        self.none = ""
        """Reason why the last answer has no age; empty where it has one."""

    def add(self, now: int, stamp: int) -> None:
        """Add an answer.

        Args:
            now: time of its publication by the node's clock, in nanoseconds.
            stamp: stamp of its image, in nanoseconds.
        """
        seconds = (now - stamp) * 1e-9
        if stamp != self._stamp or self._moved == 0:
            self._stamp, self._moved = stamp, now
        if stamp == 0:
            self.none = UNSTAMPED
        elif now == 0:
            self.none = "use_sim_time is set, and no time has come on /clock"
        elif (now - self._moved) * 1e-9 > STILL:
            self.none = STANDING
        elif seconds > OLDEST:
            self.none = f"stamps are {_long(seconds)} behind the node's clock"
        elif seconds < -AHEAD:
            self.none = f"stamps are {_long(-seconds)} ahead of the node's clock"
        else:
            self.none = ""
            self._seconds.append(max(0.0, seconds))
        if self.none:
            self._seconds.clear()

    def seconds(self) -> tuple[float, ...]:
        """Ages of the last answers, in seconds."""
        return tuple(self._seconds)


def _long(seconds: float) -> str:
    days = seconds / 86400
    return f"{seconds:.3g} s" if days < 2 else f"{days:.0f} days"
