"""Power without drawing samples: noncentral chi-square tests of fit, of paths and of models."""
