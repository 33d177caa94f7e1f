"""Logistic regression with an L2 penalty, by Newton's method."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def fit(
    inputs: Array,
    positive: NDArray[np.bool_],
    importance: Array,
    strength: float,
    start: tuple[Array, float] | None = None,
) -> tuple[Array, float]:
    """Fit ``P(positive) = 1 / (1 + exp(-(inputs @ weights + bias)))``.

    Minimises ``sum(importance * log loss) + |weights|² / (2 strength)``; the bias is not penalised.

    Args:
        inputs: ``[rows, columns]``.
        positive: ``[rows]``.
        importance: ``[rows]``, how much each row counts.
        strength: the inverse of the penalty, ``C`` elsewhere.
        start: the result of a fit to nearly the same rows; the end is the same, but reached sooner.

    Returns:
        Weights ``[columns]``, and the bias.
    """
    design = np.hstack([inputs, np.ones((len(inputs), 1))])
    penalty = np.append(np.full(inputs.shape[1], 1 / strength), 1e-6)
    solution = np.zeros(design.shape[1]) if start is None else np.append(*start)
    for _ in range(30):
        chance = 1 / (1 + np.exp(-np.clip(design @ solution, -30, 30)))
        slope = design.T @ (importance * (chance - positive)) + penalty * solution
        curvature = importance * np.maximum(chance * (1 - chance), 1e-6)
        step = np.linalg.solve(design.T @ (design * curvature[:, None]) + np.diag(penalty), slope)
        # A whole Newton step can overshoot where nearly all rows are certain.
        solution -= step * min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-4:
            break
    return solution[:-1], float(solution[-1])
