# SPDX-License-Identifier: Apache-2.0
"""The tables of the benchmark in place, from its cells: for a terminal, or as a part of a page of the docs. Pure."""
import itertools
import math
import statistics

from paired import CONFIDENCE, MOST_ROUNDS, ratio_of, spread_of, verdict

DIRECTIONS = ("egress", "ingress")
FEW_RUNS = 50  # of a program in one round: its mean is chance below that
NO_PROGRAM, EMPTY, NAIVE = "none", "empty", "naive"
RATES = {"request": "requests/s", "packet": "packets/s", "MB": "MB/s"}
FIGURES = {"units_per_second": "rate", "server_cpu_ns_per_unit": "CPU server", "load_cpu_ns_per_unit": "CPU both ends",
           "softirq_cpu_ns_per_unit": "CPU softirq", "cpu_ns_per_unit": "CPU machine"}


def in_order(values):
    return list(dict.fromkeys(values))


class Results:
    """Cells by load, program and round."""

    def __init__(self, cells):
        self.cells = {(cell.load, cell.program, cell.round): cell for cell in cells}
        self.loads = in_order(cell.load for cell in cells)
        self.programs = in_order(cell.program for cell in cells)
        self.rounds = in_order(cell.round for cell in cells)

    def of(self, load, program):
        return [cell for cell in (self.cells.get((load, program, number)) for number in self.rounds) if cell]

    def unit(self, load):
        return next(cell.unit for cell in self.cells.values() if cell.load == load)

    def above_empty(self, load, program, direction):
        """ns per run by round, with the empty program's of the same round subtracted."""
        values = {}
        for number in self.rounds:
            cell, empty = (self.cells.get((load, name, number)) for name in (program, EMPTY))
            if cell and empty and min(getattr(one, f"{direction}_runs") for one in (cell, empty)) >= FEW_RUNS:
                values[number] = cell.ns(direction) - empty.ns(direction)
        return values

    def to_naive(self, load, program, direction):
        """Ratios by round of what both cost above empty; a round in which naive costs nothing tells none."""
        naive = self.above_empty(load, NAIVE, direction)
        own = self.above_empty(load, program, direction)
        return [own[number] / naive[number] for number in own if naive.get(number, 0) > 0]

    def compared(self, load, program, figure):
        """The paired ratio of a figure to that without a program."""
        pairs = []
        for number in self.rounds:
            cell, bare = (self.cells.get((load, name, number)) for name in (program, NO_PROGRAM))
            if cell and bare:
                pairs.append((getattr(cell, figure), getattr(bare, figure)))
        return ratio_of(pairs)


def number(value, digits=0):
    """With spaces between thousands."""
    return f"{value:,.{digits}f}".replace(",", " ")


def significant(value):
    return number(value, max(0, 2 - int(math.log10(value)))) if value and value > 0 else "0"


def ns_cell(results, load, program, direction):
    spread = spread_of(results.above_empty(load, program, direction).values())
    return number(spread.median) if spread else "-"


def naive_cell(results, load, program, direction):
    spread = spread_of(results.to_naive(load, program, direction))
    if not spread or program == EMPTY:
        return "-"
    if program == NAIVE:
        return "1"
    return f"{spread.median:.2f} ({spread.low:.2f}-{spread.high:.2f})"


def baseline(results, load):
    """What the load does without a program, as a sentence."""
    cells = results.of(load, NO_PROGRAM)
    if not cells or cells[0].units_per_second is None:
        return "the rate is fixed" if cells else "without a program: not measured"
    unit = results.unit(load)
    rate, server, both, softirq, machine = (statistics.median(getattr(cell, name) or 0 for cell in cells) for name in FIGURES)
    return (f"without a program: {significant(rate)} {RATES[unit]}, CPU time of a {unit}: server {significant(server / 1e3)} us, "
            f"with client {significant(both / 1e3)} us, softirq {significant(softirq / 1e3)} us, whole machine "
            f"{significant(machine / 1e3)} us")


def header(results, load):
    return ["program", "egress ns", "x naive", "ingress ns", "x naive", RATES[results.unit(load)],
            *list(FIGURES.values())[1:], "reader"]


def row(results, load, program):
    cells = [program]
    for direction in DIRECTIONS:
        cells += [ns_cell(results, load, program, direction), naive_cell(results, load, program, direction)]
    cells += [verdict(results.compared(load, program, figure)) for figure in FIGURES]
    return cells + [f"{100 * statistics.median(cell.accountant_cpu_share for cell in results.of(load, program)):.1f} %"]


def rows(results, load):
    return [row(results, load, program) for program in results.programs
            if program != NO_PROGRAM and results.of(load, program)]


def rounds_for_one_percent(results, load, figure):
    """The median over the programs: how many rounds like these show a difference of 1 %."""
    needed = [ratio.rounds_to_see(0.01) for program in results.programs if program != NO_PROGRAM
              and (ratio := results.compared(load, program, figure)) and ratio.rounds > 1]
    if not needed:
        return "-"
    rounds = statistics.median_high(needed)
    return f"over {number(MOST_ROUNDS)}" if rounds >= MOST_ROUNDS else number(rounds)


def noise(results):
    cells = list(results.cells.values())
    steal, others = (100 * statistics.median(getattr(cell, name) for cell in cells)
                     for name in ("steal_share", "others_cpu_share"))
    calls = [ratio for load, program, figure in itertools.product(results.loads, results.programs, FIGURES)
             if program != NO_PROGRAM and (ratio := results.compared(load, program, figure))]
    unable = sum(verdict(ratio).startswith(("cannot", "1 round")) for ratio in calls)
    yield (f"The hypervisor took {steal:.1f} % of a CPU, other programs {others:.0f} % (medians). "
           f"{unable} of {len(calls)} comparisons cannot be told on this machine with {len(results.rounds)} "
           f"round{'s' if len(results.rounds) > 1 else ''}"
           + ("; it was too noisy for them." if unable else "."))
    yield (f"A difference is called only if its {100 * CONFIDENCE:.0f} % interval leaves 0 out: of {len(calls)} calls "
           f"about {max(1, round(len(calls) * (1 - CONFIDENCE)))} would be wrong if nothing made a difference.")


def needed_rows(results):
    for load in results.loads:
        if results.of(load, NO_PROGRAM):
            yield [load] + [rounds_for_one_percent(results, load, figure) for figure in FIGURES]


NEEDED_HEADER = ["rounds to see 1 %", *FIGURES.values()]


def aligned(head, body):
    widths = [max(len(line[column]) for line in (head, *body)) for column in range(len(head))]
    for line in (head, *body):
        yield "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                        for column, (cell, width) in enumerate(zip(line, widths))).rstrip()


def as_markdown(head, body):
    yield "| " + " | ".join(head) + " |"
    yield "|---" * len(head) + "|"
    for line in body:
        yield "| " + " | ".join(line) + " |"


def text(cells, titles):
    """For a terminal."""
    results = Results(cells)
    for load in results.loads:
        yield f"{load}: {titles.get(load, load)}; {baseline(results, load)}"
        yield from aligned([cell.upper() if column == 0 else cell for column, cell in enumerate(header(results, load))],
                           rows(results, load))
        yield ""
    if NO_PROGRAM in results.programs:
        yield from aligned(NEEDED_HEADER, list(needed_rows(results)))
        yield ""
    yield from noise(results)


SHOWN = {"units_per_second": "Rate, compared with no program:",
         "load_cpu_ns_per_unit": "CPU time of both ends for each request, packet or MB, compared with no program:"}


def by_direction(results, titles, direction):
    """A row for each load, a column for each program: ratios to naive, and naive's own nanoseconds."""
    others = [program for program in results.programs if program not in (NO_PROGRAM, EMPTY, NAIVE)]
    body = []
    for load in results.loads:
        cells = [naive_cell(results, load, program, direction) for program in others]
        if any(cell != "-" for cell in cells):
            body.append([titles.get(load, load), ns_cell(results, load, NAIVE, direction), *cells])
    return [direction, "naive, ns", *others], body


def by_figure(results, titles, figure):
    others = [program for program in results.programs if program not in (NO_PROGRAM, EMPTY)]
    return ["load", *others], [
        [titles.get(load, load), *(verdict(results.compared(load, program, figure)) for program in others)]
        for load in results.loads if any(results.compared(load, program, figure) for program in others)]


def markdown(cells, titles, about):
    """For docs/performance.md: less than the terminal has."""
    results = Results(cells)
    yield from [about, "", "Cost of a run as a multiple of naive's, both above empty:"]
    for direction in DIRECTIONS:
        yield ""
        yield from as_markdown(*by_direction(results, titles, direction))
    for figure, sentence in SHOWN.items():
        yield from ["", sentence, ""]
        yield from as_markdown(*by_figure(results, titles, figure))
    yield ""
    yield from as_markdown(NEEDED_HEADER, list(needed_rows(results)))
    yield ""
    yield " ".join(noise(results))
