"""What people call fit measures; those that are not here go by lavaan's names."""

from collections.abc import Mapping

LABELS: Mapping[str, str] = {
    "chisq": "χ²", "df": "df", "pvalue": "p", "cfi": "CFI", "tli": "TLI", "nnfi": "NNFI", "rfi": "RFI", "nfi": "NFI",
    "ifi": "IFI", "rni": "RNI", "rmsea": "RMSEA", "rmsea.ci.lower": "RMSEA, lower limit",
    "rmsea.ci.upper": "RMSEA, upper limit", "rmsea.pvalue": "p of close fit", "srmr": "SRMR", "rmr": "RMR",
    "aic": "AIC", "bic": "BIC", "bic2": "SABIC", "logl": "log-likelihood", "npar": "free parameters", "ntotal": "n",
    "gfi": "GFI", "agfi": "AGFI", "mfi": "MFI", "ecvi": "ECVI", "fmin": "minimum of the discrepancy",
}  # fmt: skip
