"""What the columns of a table mean, in a line or two below it: for readers who meet their names for the first time."""

from collections.abc import Mapping

LEGENDS: Mapping[str, tuple[str, ...]] = {
    "reliability": (
        "alpha: Cronbach's α of the sum of a factor's items. omega: McDonald's ω, the share of its variance that the "
        "factor explains; omega_model: of that variance as the model implies it; composite: without what else the "
        "items share. ave: average variance extracted, of the variances in the sample; ave_model: of the implied ones.",
    ),
    "modification_indices": (
        "mi: by how much χ² would fall, about, if the parameter were free (1 df). epc: the value that it would then "
        "have, about; sepc.lv, sepc.all, sepc.nox: the same standardised by latent variables, by all, by all but "
        "exogenous ones.",
    ),
}
"""By name of the table."""
