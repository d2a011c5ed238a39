"""Cut-offs of fit indices for one model and one n, and tests of equivalence that need none."""
