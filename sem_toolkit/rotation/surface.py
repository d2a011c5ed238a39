"""The surface on which rotated estimates lie: equations of each block as functions of the rotated parameters."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model import Model, compute_matrices
from sem_toolkit.model.kernels import pull_back
from sem_toolkit.model.moments import compute_cell_values
from sem_toolkit.rotation.blocks import Block
from sem_toolkit.rotation.criteria import Criterion, build_criterion
from sem_toolkit.rotation.equations import compute_rotation_equations
from sem_toolkit.rotation.options import RotationOptions
from sem_toolkit.rotation.parsimony import Stack
from sem_toolkit.rotation.promax import PromaxEquations
from sem_toolkit.rotation.rotation import BlockRotation
from sem_toolkit.rotation.rows import weigh_rows
from sem_toolkit.rotation.targets import build_target

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

_STEP = 1e-20
Equations = Callable[[Stack, Stack, Stack], Stack]
"""What is 0 (... × k) at loadings (... × p × m), correlations (... × m × m) and residual variances (... × G × p)."""


@dataclass(frozen=True, eq=False)
class BlockEquations:
    """The equations of one block and where what they are about stands in a model.

    shape       G, p, m: groups that share the rotation, items and factors
    directed, symmetric   flat places of the loadings (p·m), and of the correlations (m·m) and then of the residual
                          variances (G·p), in A and S of all groups
    """

    equations: Equations
    shape: tuple[int, int, int]
    directed: IntArray
    symmetric: IntArray

    def evaluate(self, model: Model, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Their values (k) and derivatives by x (k × q), the latter by complex steps."""
        matrices = compute_matrices(model, x)
        at = np.concatenate([matrices.directed.ravel()[self.directed], matrices.symmetric.ravel()[self.symmetric]])
        stepped = self._unpack(at + 1j * _STEP * np.eye(len(at)))
        by_elements = np.imag(self.equations(*stepped)).T / _STEP
        values = np.real(self.equations(*self._unpack(at)))
        sources = model.filling.places[np.concatenate([self.directed, model.directed.size + self.symmetric])]
        by_cells = np.zeros((len(values), len(compute_cell_values(model, x))))
        free = sources < by_cells.shape[1]
        np.add.at(by_cells.T, sources[free], by_elements[:, free].T)
        return values, pull_back(model, x, by_cells)

    def _unpack(self, flat: Stack) -> tuple[Stack, Stack, Stack]:
        groups, p, m = self.shape
        batch = flat.shape[:-1]
        loadings, phi, theta = np.split(flat, [p * m, p * m + m * m], axis=-1)
        return loadings.reshape(*batch, p, m), phi.reshape(*batch, m, m), theta.reshape(*batch, groups, p)


@dataclass(frozen=True, eq=False)
class RotationSurface:
    """All equations of the rotated blocks of a model."""

    model: Model
    blocks: tuple[BlockEquations, ...]

    def evaluate(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values (k) and derivatives (k × q) at rotated parameters x (q)."""
        found = [block.evaluate(self.model, x) for block in self.blocks]
        return np.concatenate([values for values, _ in found]), np.concatenate([slopes for _, slopes in found])


def build_surface(model: Model, rotations: tuple[BlockRotation, ...], options: RotationOptions) -> RotationSurface:
    """The surface of a rotated model."""
    placed = tuple(_place_block(model, entry.block, _build_equations(entry, options)) for entry in rotations)
    return RotationSurface(model, placed)


def _build_equations(rotation: BlockRotation, options: RotationOptions) -> Equations:
    block = rotation.block
    criterion = build_criterion(options, len(block.items), len(block.factors), build_target(options, block))
    if options.method == "promax":
        equations = PromaxEquations(rotation.rotation.T, rotation.search.rotation, criterion, options.promax_kappa)
        return RowsOfPromax(equations, options)
    return RowsOfCriterion(criterion, options)


@dataclass(frozen=True, eq=False)
class RowsOfCriterion:
    """The equations of a criterion. Those of lavaan ("bordered") leave the correlations out where rows are weighted,
    and take the first group's residual variances where several groups share a rotation.
    """

    criterion: Criterion
    options: RotationOptions

    def __call__(self, loadings: Stack, phi: Stack, theta: Stack) -> Stack:
        """What is 0 at the solution; see `Equations`."""
        exact = self.options.errors == "delta"
        by, residual = (phi, theta.mean(axis=-2)) if exact else (np.eye(phi.shape[-1]), theta[..., 0, :])
        rows = weigh_rows(loadings, by, residual, self.options)
        return compute_rotation_equations(rows, phi, self.criterion, self.options.is_orthogonal)


@dataclass(frozen=True, eq=False)
class RowsOfPromax:
    """The equations of promax, of which lavaan has none."""

    equations: PromaxEquations
    options: RotationOptions

    def __call__(self, loadings: Stack, phi: Stack, theta: Stack) -> Stack:
        """What is 0 at the solution; see `Equations`."""
        residual = theta.mean(axis=-2)
        plain = weigh_rows(loadings, phi, residual, replace(self.options, row_weights="none"))
        return self.equations.evaluate(plain, weigh_rows(loadings, phi, residual, self.options), phi)


def confine_to_surface(model: Model, surface: RotationSurface) -> Model:
    """The model whose constraints know the surface that its parameters lie on."""
    return replace(model, constraints=replace(model.constraints, surface=surface))


def _place_block(model: Model, block: Block, equations: Equations) -> BlockEquations:
    t = model.n_variables
    items, factors = locate(model, block)
    start = (block.groups[0] - 1) * t * t
    loadings = start + items[:, None] * t + factors
    phi = start + factors[:, None] * t + factors
    theta = np.array([(group - 1) * t * t + items * (t + 1) for group in block.groups])
    shape = (len(block.groups), len(items), len(factors))
    return BlockEquations(equations, shape, loadings.ravel(), np.concatenate([phi.ravel(), theta.ravel()]))


def locate(model: Model, block: Block) -> tuple[IntArray, IntArray]:
    """Positions of a block's items (p) and factors (m) among the variables."""
    places = {name: number for number, name in enumerate(model.variables)}
    return np.array([places[name] for name in block.items]), np.array([places[name] for name in block.factors])
