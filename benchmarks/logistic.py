"""Logistic regression with an L2 penalty, by Newton's method."""

from __future__ import annotations

from collections.abc import Callable

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

    def loss(solution: Array) -> float:
        odds = design @ solution
        lost = np.logaddexp(0, odds) - odds * positive
        return float(importance @ lost + penalty @ solution**2 / 2)

    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ solution, -30, 30)))
        slope = design.T @ (importance * (chance - positive)) + penalty * solution
        curvature = importance * chance * (1 - chance)
        step = np.linalg.solve(design.T @ (design * curvature[:, None]) + np.diag(penalty), slope)
        step = _shortened(step, solution, loss)
        solution -= step
        if np.abs(step).max() < _STILL:
            break
    return solution[:-1], float(solution[-1])


def fit_kinds(
    inputs: Array, kind: NDArray[np.intp], importance: Array, strength: float
) -> tuple[Array, Array]:
    """Fit ``log P(kind k) / P(kind 0) = inputs @ weights[k - 1] + bias[k - 1]`` for all kinds at once.

    Minimises ``sum(importance * log loss) + |weights|² / (2 strength)``; the bias is not penalised.

    Args:
        inputs: ``[rows, columns]``.
        kind: ``[rows]``, 0 … kinds - 1.
        importance: ``[rows]``, how much each row counts.
        strength: the inverse of the penalty.

    Returns:
        Weights ``[kinds - 1, columns]``, and the biases ``[kinds - 1]``.
    """
    design = np.hstack([inputs, np.ones((len(inputs), 1))])
    kinds, columns = int(kind.max()), design.shape[1]
    right = (kind[:, None] == np.arange(1, kinds + 1)).astype(np.float64)
    penalty = np.tile(np.append(np.full(inputs.shape[1], 1 / strength), 1e-6), kinds)
    solution = np.zeros(kinds * columns)

    def loss(solution: Array) -> float:
        odds = design @ solution.reshape(kinds, columns).T
        most = np.maximum(odds.max(axis=1), 0)
        every = most + np.log(np.exp(odds - most[:, None]).sum(axis=1) + np.exp(-most))
        return float(importance @ (every - (odds * right).sum(axis=1)) + penalty @ solution**2 / 2)

    for _ in range(_STEPS):
        chance = _chances(design @ solution.reshape(kinds, columns).T)
        slope = ((importance[:, None] * (chance - right)).T @ design).ravel() + penalty * solution
        curvature = np.diag(penalty)
        for one in range(kinds):
            for other in range(one, kinds):
                share = importance * chance[:, one] * ((one == other) - chance[:, other])
                block = design.T @ (design * share[:, None])
                rows, across = (slice(n * columns, (n + 1) * columns) for n in (one, other))
                curvature[rows, across] += block
                if one != other:
                    curvature[across, rows] += block
        step = np.linalg.solve(curvature + _FLAT * np.eye(len(solution)), slope)
        step = _shortened(step, solution, loss)
        solution -= step
        if np.abs(step).max() < _STILL:
            break
    fitted = solution.reshape(kinds, columns)
    return fitted[:, :-1], fitted[:, -1]


def _shortened(step: Array, solution: Array, loss: Callable[[Array], float]) -> Array:
    """Newton's step, halved until nothing is lost by it: a whole one may go too far, and come back."""
    before = loss(solution)
    for _ in range(_HALVED):
        if loss(solution - step) <= before:
            return step
        step = step / 2
    return np.zeros_like(step)


def _chances(odds: Array) -> Array:
    """Of each kind but the first, whose logarithm of odds is 0."""
    most = np.maximum(odds.max(axis=1, keepdims=True), 0)
    each = np.exp(odds - most)
    return np.asarray(each / (each.sum(axis=1, keepdims=True) + np.exp(-most)))


_STEPS, _STILL = 60, 1e-4
"""Newton's steps at most, and the largest change of a weight that is the end."""
_HALVED = 40
"""How often a step is halved at most; what is left of it then is nothing."""
_FLAT = 1e-9
"""Added to the curvature, so that a witness that never speaks has a weight of 0."""
