# SPDX-License-Identifier: Apache-2.0
"""What rounds tell and what they cannot: ratios of pairs that were measured in the same round, with their interval.

Pure: no clock, no file. A machine's speed changes from round to round, the ratio of two neighbours in one round much
less; so a difference is called only if the interval of the mean ratio leaves 1 out, and the interval is wide enough
(99 %) that a table of a hundred cells has one false call, not five.
"""
import dataclasses
import math
import statistics

CONFIDENCE = 0.99
# Of Student's t, two-sided, by degrees of freedom from 1 on.
_T = [63.657, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.250, 3.169, 3.106, 3.055, 3.012, 2.977, 2.947,
      2.921, 2.898, 2.878, 2.861, 2.845, 2.831, 2.819, 2.807, 2.797, 2.787, 2.779, 2.771, 2.763, 2.756, 2.750]
_Z = 2.5758
MOST_ROUNDS = 100_000
USELESS = 0.05  # an interval that is wider to one side than this says nothing of what a counter costs


def t_of(freedom):
    """Student's t for 99 %; beyond the table by its expansion around the normal distribution."""
    if freedom < 1:
        return math.inf
    if freedom <= len(_T):
        return _T[freedom - 1]
    return _Z + (_Z ** 3 + _Z) / (4 * freedom) + (5 * _Z ** 5 + 16 * _Z ** 3 + 3 * _Z) / (96 * freedom ** 2)


@dataclasses.dataclass(frozen=True)
class Ratio:
    """The mean of ratios (geometric), its interval, and how much single rounds spread (of the logarithm)."""
    mean: float
    low: float
    high: float
    spread: float
    rounds: int

    @property
    def differs(self):
        return self.low > 1 or self.high < 1

    @property
    def half_width(self):
        """How far the interval reaches to its wider side; of one round it is infinite."""
        return self.high / self.mean - 1

    def rounds_to_see(self, share):
        """How many rounds like these bring the interval down to +- share."""
        target = math.log1p(share)
        if self.rounds < 2:
            return None
        for rounds in range(2, MOST_ROUNDS):
            if t_of(rounds - 1) * self.spread / math.sqrt(rounds) <= target:
                return rounds
        return MOST_ROUNDS


def ratio_of(pairs):
    """Of (with, without) of each round; None if no round has both."""
    logs = [math.log(one / other) for one, other in pairs if one and other and one > 0 and other > 0]
    if not logs:
        return None
    mean = statistics.fmean(logs)
    spread = statistics.stdev(logs) if len(logs) > 1 else math.inf
    half = t_of(len(logs) - 1) * spread / math.sqrt(len(logs)) if len(logs) > 1 else math.inf
    high = math.exp(mean + half) if half < 700 else math.inf
    return Ratio(math.exp(mean), math.exp(mean - half), high, spread, len(logs))


def verdict(ratio):
    """As a cell of the table: a difference, a bound for what it may be, or that this cannot be told."""
    if ratio is None:
        return "-"
    if ratio.rounds < 2:
        return "1 round"
    low, high = (100 * (edge - 1) for edge in (ratio.low, ratio.high))
    if ratio.differs:
        return f"{100 * (ratio.mean - 1):+.1f} % ({low:+.1f} to {high:+.1f})"
    if ratio.half_width <= USELESS:
        return f"no difference seen ({low:+.1f} to {high:+.1f} %)"
    return f"cannot tell ({low:+.0f} to {high:+.0f} %)" if ratio.half_width < 1 else "cannot tell"


@dataclasses.dataclass(frozen=True)
class Spread:
    """Of a figure over the rounds."""
    median: float
    low: float
    high: float


def spread_of(values):
    values = [value for value in values if value is not None]
    return Spread(statistics.median(values), min(values), max(values)) if values else None
