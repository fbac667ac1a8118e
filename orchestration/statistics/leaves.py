"""Public counts that add up: whole numbers of cases by start, end and direction, fitted to protected counts.

The noise of protected counts is independent, so a corridor may exceed its start, and directions miss the
total. Leaves (start × end × direction) are fitted for each year, and every public total is a sum of leaves.
Only protected counts enter, so leaves disclose nothing that these do not.

Source: non-negative weighted least squares (Lawson & Hanson 1974, ch. 23) by block principal pivoting
(Portugal, Júdice & Vicente 1994; Kim & Park 2011, SIAM J. Sci. Comput. 33); consistent noisy counts as in Hay
et al. 2010 (PVLDB 3); controlled rounding by largest remainders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array, hstack
from threadpoolctl import threadpool_limits

from orchestration.core import NjiaError, Settings, load_publication_policy
from orchestration.statistics.comparable import Floats, Mask, Numbers
from orchestration.statistics.tables import LEAVES

_LEAF = ["start_place_id", "end_place_id", "direction"]
_KEY = ["period_id", *_LEAF]
# The columns that a cell of each table shares with its leaves. A cell of `corridors` is a leaf.
_SHARED = {
    "corridors": _LEAF,
    "total": ["period_id"],
    "directions": ["direction"],
    "starts": ["start_place_id"],
    "ends": ["end_place_id"],
}
# The largest negative count or slope that passes as zero: rounding errors are far smaller.
_TOLERANCE = 1e-7
# Real counts are compared in whole millionths of a case: digits beyond differ between machines.
_PARTS = 1_000_000
# How often all leaves on the wrong side are exchanged without becoming fewer, before they change one by one.
_PATIENCE = 3


def fit(settings: Settings, tables: Mapping[str, pa.Table]) -> dict[str, int]:
    """Fit, and write `leaves.parquet`; the number of rows by table. `tables` holds that of `CELLS`."""
    (cells,) = tables.values()
    leaves = fit_leaves(cells)
    settings.fitted.mkdir(parents=True, exist_ok=True)
    pq.write_table(leaves, settings.fitted / "leaves.parquet")
    return {"leaves": len(leaves)}


def fit_leaves(cells: pa.Table) -> pa.Table:
    """Return the leaves of each period with the columns of `LEAVES`, sorted.

    `cells`: protected cells with the columns of `CELLS`; rows of other tables have no effect.
    Raises NjiaError for a cell that occurs twice, or that no leaf is part of.
    """
    fitted = [leaves.assign(fitted_count=_rounded(exact)) for _, leaves, exact in _fits(cells)]
    if not fitted:
        return LEAVES.empty_table()
    return pa.Table.from_pandas(pd.concat(fitted)[LEAVES.names], schema=LEAVES, preserve_index=False)


def wrong_leaves(cells: pa.Table, leaves: pa.Table) -> int:
    """Return how many of these leaves are missing, superfluous or not the best ones for the cells.

    The conditions of Karush, Kuhn and Tucker, from the cells alone, prove that the real numbers behind the
    rounding are the optimum; where they do not hold, all leaves of the period count. Raises as `fit_leaves`.
    """
    given = leaves.to_pandas().set_index(_KEY)["fitted_count"]
    best = given[:0]
    for measured, found, exact in _fits(cells):
        counts = _rounded(exact) if _is_optimal(measured, found, exact) else np.full(len(exact), -1)
        best = pd.concat([best, found.assign(fitted_count=counts).set_index(_KEY)["fitted_count"]])
    is_wrong = given.index.duplicated() | (best.reindex(given.index) != given).to_numpy()
    return int(is_wrong.sum()) + len(best.index.difference(given.index))


def _fits(cells: pa.Table) -> Iterator[tuple[pd.DataFrame, pd.DataFrame, Floats]]:
    """Yield of each period its cells with their variance, its leaves in order, and their real counts."""
    policy, frame = load_publication_policy(), cells.to_pandas()
    row = np.digitize(frame["protected_count"], [policy["noise_row_2_from"], policy["noise_row_3_from"]])
    variances = np.array([policy.numbers[f"noise_row_{number}_variance"] for number in (1, 2, 3)])
    frame = frame.assign(variance=variances[row])
    is_whole = frame["table_name"].isin(_SHARED) & (frame["column_name"] == "movement_count")
    for _, measured in frame[is_whole].groupby("period_id"):
        tables = [measured[measured["table_name"] == table].sort_values(_LEAF) for table in _SHARED]
        leaves, ordered = tables[0], pd.concat(tables)
        members = hstack([_members(table, leaves) for table in tables if len(table)], format="csr")
        protected, variance = (ordered[name].to_numpy("float64") for name in ("protected_count", "variance"))
        with threadpool_limits(1):  # threads would add up in another order each time
            exact = _optimum(protected, variance, members)
        yield ordered, leaves, exact


def _members(cells: pd.DataFrame, leaves: pd.DataFrame) -> csr_array:
    """Return as leaves × cells of one table which leaf is part of which cell."""
    table = str(cells["table_name"].iloc[0])
    keys, of_leaves = (pd.MultiIndex.from_frame(part[_SHARED[table]]) for part in (cells, leaves))
    for fault, is_wrong in (
        ("occurs twice", keys.duplicated()),
        ("has no corridor", ~keys.isin(of_leaves)),
    ):
        if is_wrong.any():
            cell = "|".join([str(cells["period_id"].iloc[0]), table, *map(str, keys[is_wrong][0])])
            raise NjiaError(f"The protected cell {cell} {fault}, so no counts add up. Tell the maintainers.")
    at = keys.get_indexer(of_leaves)
    (rows,) = np.nonzero(at >= 0)
    return csr_array((np.ones(len(rows)), (rows, at[rows])), shape=(len(leaves), len(cells)))


def _optimum(protected: Floats, variance: Floats, members: csr_array) -> Floats:
    """Return real counts ≥ 0 of n leaves that minimise the sum over cells of (sum - protected)² / variance.

    `members` is n × (n + m): the leaves themselves, then the other cells, M. With the variances D of leaves
    and W of the others, the Hessian D⁻¹ + M W⁻¹ Mᵀ is positive definite, so the optimum is unique. Leaves
    that are free (not held at zero) solve it by an m × m system (Woodbury).
    """
    n = members.shape[0]
    of_leaves, others = variance[:n], members[:, n:]
    is_free, fewest, patience = np.ones(n, dtype=bool), n + 1, _PATIENCE

    def slopes(counts: Floats) -> Floats:
        return members @ ((members.T @ counts - protected) / variance)

    while True:
        own, counts = of_leaves * is_free, np.zeros(n)
        system = cho_factor(np.diag(variance[n:]) + (others.T @ (others * own[:, None])).toarray())
        for _ in range(2):  # the second time corrects what rounding left of the first
            step = -own * slopes(counts)
            counts += step - own * (others @ cho_solve(system, others.T @ step))
        is_wrong: Mask = np.where(is_free, counts, slopes(counts)) < -_TOLERANCE
        number = int(is_wrong.sum())
        if number == 0:
            return np.maximum(counts, 0)
        if number < fewest:
            fewest, patience = number, _PATIENCE
        elif patience:
            patience -= 1
        else:
            is_wrong[: np.flatnonzero(is_wrong)[-1]] = False  # the last one alone: this rule never cycles
        is_free ^= is_wrong


def _is_optimal(cells: pd.DataFrame, leaves: pd.DataFrame, exact: Floats) -> bool:
    """Return whether no count is negative, and the slope is zero, or for a count of zero not negative."""
    slopes = np.zeros(len(leaves))
    for table, shared in _SHARED.items():
        of_table = cells[cells["table_name"] == table].set_index(shared)
        sums = leaves[shared].assign(exact=exact).groupby(shared)["exact"].sum()
        slope = (sums - of_table["protected_count"]) / of_table["variance"]
        slopes += slope.reindex(pd.MultiIndex.from_frame(leaves[shared])).fillna(0).to_numpy()
    return bool((exact >= 0).all() and (np.where(exact > 0, abs(slopes), -slopes) < 10 * _TOLERANCE).all())


def _rounded(exact: Floats) -> Numbers:
    """Return whole numbers with the rounded sum: the largest remainders go up, the first of equal ones."""
    parts = np.rint(exact * _PARTS).astype("int64")
    counts, rest = np.divmod(parts, _PARTS)
    missing = (parts.sum() + _PARTS // 2) // _PARTS - counts.sum()
    counts[np.argsort(-rest, kind="stable")[:missing]] += 1
    return counts
