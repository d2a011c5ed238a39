"""What people call fit measures and columns; those that are not here go by lavaan's names."""

from collections.abc import Mapping

LABELS: Mapping[str, str] = {
    "chisq": "χ²", "df": "df", "pvalue": "p", "cfi": "CFI", "tli": "TLI", "nnfi": "NNFI", "rfi": "RFI", "nfi": "NFI",
    "ifi": "IFI", "rni": "RNI", "rmsea": "RMSEA", "rmsea.ci.lower": "RMSEA, lower limit",
    "rmsea.ci.upper": "RMSEA, upper limit", "rmsea.pvalue": "p of close fit", "srmr": "SRMR", "rmr": "RMR",
    "aic": "AIC", "bic": "BIC", "bic2": "SABIC", "logl": "log-likelihood", "npar": "free parameters", "ntotal": "n",
    "gfi": "GFI", "agfi": "AGFI", "mfi": "MFI", "ecvi": "ECVI", "fmin": "minimum of the discrepancy",
}  # fmt: skip

HEADINGS: Mapping[str, str] = {**LABELS} | {
    "restricted": "Restricted model", "general": "General model", "relation": "Relation", "chisq.diff": "Δχ²",
    "df.diff": "Δdf", "reason": "Remark", "first": "First model", "second": "Second model", "omega2": "ω²",
    "pvalue.distinguishable": "p, distinguishable", "pvalue.first": "p, first nearer",
    "pvalue.second": "p, second nearer", "bic.diff": "ΔBIC", "bic.ci.lower": "ΔBIC, lower limit",
    "bic.ci.upper": "ΔBIC, upper limit", "path": "Path", "variable": "Variable", "group": "Group",
    "chisq.scaled": "χ², scaled", "df.scaled": "df, scaled", "pvalue.scaled": "p, scaled", "cfi.robust": "CFI, robust",
    "tli.robust": "TLI, robust", "rmsea.robust": "RMSEA, robust", "cfi.scaled": "CFI, scaled",
    "tli.scaled": "TLI, scaled", "rmsea.scaled": "RMSEA, scaled", "delta.bic": "ΔBIC", "aic.weight": "AIC weight",
    "bic.weight": "BIC weight", "est": "Estimate", "se": "SE", "ci.lower": "Lower limit", "ci.upper": "Upper limit",
    "std.all": "Std.", "mi": "MI", "epc": "EPC", "alpha": "α", "omega": "ω", "omega_model": "ω, model",
    "composite": "Composite", "ave": "AVE", "ave_model": "AVE, model", "factor": "Factor", "measure": "Measure",
    "value": "Value", "item": "Item", "label": "Label", "model": "Model", "step": "Step", "test": "Test",
    "factors": "Factors", "effect": "Effect", "kind": "Kind", "std.se": "Std., SE", "verdict": "Verdict",
    "eigenvalue": "Eigenvalue",
    "average squared partial r": "Average squared partial r",
}  # fmt: skip
"""What stands over a column of a table for print, or before a row, in place of its name."""
