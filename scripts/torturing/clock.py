# SPDX-License-Identifier: Apache-2.0
"""The wall clock of the programs under torture, and of nobody else: tests/preload/stepped_clock.cpp is loaded into them. It
knows how far ahead that clock was at each moment, so that the times in what they wrote can be judged.
"""

import datetime
import os
import shutil
import time

HOUR_S = 3600
DAY_S = 24 * HOUR_S
AHEAD_S = (-400 * DAY_S, -3 * DAY_S, -2 * HOUR_S, -60, 0, 0, 60, 5 * HOUR_S, 2 * DAY_S, 4000 * DAY_S)
SAME_S = 0.5
EPOCH = datetime.datetime(1970, 1, 1)


def boot_s():
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Clock:
    def __init__(self, scratch, library):
        self.file = f"{scratch}/clock"
        self.true_ahead = time.time() - boot_s()
        self.steps = [(0.0, 0)]  # (since when, seconds ahead)
        self.environment = None
        if os.path.exists(library):
            own = shutil.copy(library, scratch)
            self.environment = {**os.environ, "CGT_CLOCK_STEP": self.file, "LD_PRELOAD": own,
                                "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def set_ahead(self, seconds):
        with open(f"{self.file}.new", "w", encoding="ascii") as new:
            new.write(str(seconds))
        self.steps.append((boot_s(), seconds))
        os.rename(f"{self.file}.new", self.file)

    def ahead(self, begin, end):
        """All that it was between two moments, and half a second around these."""
        later = [since for since, _ in self.steps[1:]] + [float("inf")]
        return {ahead for (since, ahead), until in zip(self.steps, later) if since <= end + 0.5 and begin - 0.5 <= until}

    def fault(self, text, boot, told_by=None):
        """Of a time in a CSV that was taken at `boot`, or between that and told_by; None if it is as it was set."""
        said = (datetime.datetime.fromisoformat(text[:26].rstrip("Z")) - EPOCH).total_seconds()
        moved = said - boot - self.true_ahead
        expected = self.ahead(boot, told_by or boot)
        if any(abs(moved - ahead) <= SAME_S for ahead in expected):
            return None
        return f"{text} is {moved:.3f} s ahead, not {sorted(expected)}"
