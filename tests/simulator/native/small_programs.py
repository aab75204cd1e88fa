"""Small functions to compile: each shows one thing that the translation must get right."""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

import numpy as np

from autoscaler.simulator.native.kinds import WIDE, Bits, Counts, Floats, Ints, Words
from autoscaler.simulator.native.marks import rare

LIMIT = 7
PRIMES = np.array([2, 3, 5, 7, 11])
COLUMNS = 3


class Table(NamedTuple):
    """A record."""

    sums: Annotated[Floats, COLUMNS]
    small: Words
    counts: Annotated[Counts, WIDE]


def counts_down(n: int, x: float) -> float:
    total = 0.0
    while n > 0:
        n -= 1
        if n == LIMIT:
            continue
        if n < 2 and not x > 0.0:
            break
        total += x * n
    return total


def loops(n: int, x: float) -> float:
    total = x
    for i in range(2, n):
        for j in range(i):
            if j == 4:
                break
            total = total * 0.5 + j
    return total


def swaps(n: int, x: float) -> float:
    a, b = x, 2.0 * x
    for _ in range(n):
        a, b = b, a + 1.0
    return a - b


def chooses(n: int, x: float) -> float:
    return min(x, 1.0) if n > 3 or x < 0.0 else max(n, 2) + abs_of(x)


def abs_of(x: float) -> float:
    return -x if x < 0.0 else x


@rare
def divided(n: int, x: float) -> tuple[int, float]:
    if abs_of(x) < 1e-9:
        return 0, math.inf
    return int(n / x), n / x


def several(n: int, x: float) -> float:
    whole, exact = divided(n, x)
    return exact - whole


def mathematics(n: int, x: float) -> float:
    y = math.exp(-x * x) + math.sqrt(n) + math.pow(1.5, min(x, 9.0)) + 2.0**n
    if np.isnan(y):
        return 0.0
    return float(np.nextafter(y, 0.0) + math.log(y))


def reads_bits(n: int, x: float) -> float:
    return float((np.float64(x).view(np.int64) >> 45) + (n << 3 ^ 5 | 1) - (n & 6))


def mixes(n: int, x: float) -> float:
    z = np.uint64(n) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> 30)) * np.uint64(0xBF58476D1CE4E5B9)
    return x + float(int(z >> 12)) + (x > 1.0)


def looks_up(n: int, x: float) -> float:
    return x * PRIMES[n & 3] + len(PRIMES)


def sums_up(table: Table, rows: Ints, by: float) -> float:
    sums, small = table.sums, table.small
    for row in range(len(rows)):
        for column in range(COLUMNS):
            sums[rows[row], column] += by * column
        small[row] -= rows[row]
        table.counts[row, 1] = table.counts[row, 0] + small[row]
    first, second = sums[0, 0], sums[0, 1]
    sums[0, 0], sums[0, 1] = second, first
    return float(first)


def draws(generator: Bits, out: Floats) -> None:
    for i in range(len(out)):
        generator[0] = generator[0] * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        out[i] = float(int(generator[0] >> 11)) * 2.0**-53


def remembers_time(times: Floats) -> int:
    bits = times.view(np.int64)
    return int(bits[0] >> 52)


def explains(x: float, is_wordy: bool) -> float:
    if is_wordy:
        str(x)
    return x


def makes_a_list(x: float) -> float:
    y = x
    return [y][0]


def changes_its_mind(x: float) -> float:
    y = 1
    y = x
    return y


def counts_from_the_end(values: Floats) -> float:
    return float(values[-1])


def formats(x: float) -> float:
    return float(f"{x}")
