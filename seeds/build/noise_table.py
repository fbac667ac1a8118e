"""Write `seeds/reference/noise.csv`: the distribution of noise that protects published counts.

For each row of the policy (a range of true counts): integers v with |v| <= largest, mean 0, the policy's
variance and, among those, the greatest entropy. Its weights are exp(b * v * v) for one b. Each value has a
share of the 32-bit hashes, written as eight hex digits, so that the comparison is one of texts.
Source: Marley & Leaver 2011; Giessing & Tent 2019. The last row is the Laplace noise that labels are drawn
with, rounded to hundredths of its scale.

Run: python -m seeds.build.noise_table
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
POLICY, NOISE = REFERENCE / "publication_policy.csv", REFERENCE / "noise.csv"
ROWS = (1, 2, 3, 4, 5)
LAPLACE = 5
HASHES = 1 << 32


def weights(variance: float, largest: int) -> npt.NDArray[np.float64]:
    """Probabilities of -largest … largest with mean 0, this variance and the greatest entropy."""
    values = np.arange(-largest, largest + 1, dtype=float)

    def found(b: float) -> npt.NDArray[np.float64]:
        raw = np.exp(b * (values**2 - largest**2) if b > 0 else b * values**2)
        return np.asarray(raw / raw.sum())

    b = brentq(lambda b: float((found(b) * values**2).sum()) - variance, -20, 20, xtol=1e-14)
    return found(float(b))


def laplace(variance: float, largest: int) -> npt.NDArray[np.float64]:
    """Probabilities of -largest … largest of Laplace noise with this variance, the tails in the last ones."""
    edges = np.arange(-largest, largest) + 0.5
    tails = np.exp(-np.abs(edges) / np.sqrt(variance / 2)) / 2
    below = np.where(edges < 0, tails, 1 - tails)
    return np.diff(below, prepend=0, append=1)


def noise_rows(policy: dict[str, float]) -> list[tuple[int, int, str, str]]:
    """(noise_row, noise, hash_from, hash_to); the ranges of a row cover every hash once."""
    rows = []
    for row in ROWS:
        largest = int(policy[f"noise_row_{row}_largest"])
        shares = (laplace if row == LAPLACE else weights)(policy[f"noise_row_{row}_variance"], largest)
        ends = np.round(np.cumsum(shares) * HASHES).astype(int)
        ends[-1] = HASHES
        starts = np.concatenate([[0], ends[:-1]])
        values = range(-largest, largest + 1)
        rows += [
            (row, value, f"{start:08x}", f"{end - 1:08x}")
            for value, start, end in zip(values, starts.tolist(), ends.tolist(), strict=True)
            if end > start
        ]
    return rows


def read_policy() -> dict[str, float]:
    with POLICY.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["name"].startswith("noise")]
    return {row["name"]: float(row["value"]) for row in rows}


def main() -> None:
    with NOISE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["noise_row", "noise", "hash_from", "hash_to"])
        writer.writerows(noise_rows(read_policy()))


if __name__ == "__main__":
    main()
