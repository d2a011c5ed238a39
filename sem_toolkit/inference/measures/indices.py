"""Further indices of fit as functions of plain numbers, each with its formula and source.

chisq, df   test statistic on the chi-square scale and its degrees of freedom
n           rows used, all groups together; with likelihood "wishart" less the number of groups
npar        free parameters, equality constraints taken off
"""

import math

from sem_toolkit.inference.distributions import compute_chisq_quantile

Measures = dict[str, float]


def compute_likelihood_measures(logl: float, unrestricted: float, npar: int, n: float) -> Measures:
    """Log-likelihoods and information criteria."""
    return {
        "logl": logl,
        "unrestricted.logl": unrestricted,
        "aic": compute_aic(logl, npar),
        "bic": compute_bic(logl, npar, n),
        "ntotal": n,
        "bic2": compute_sabic(logl, npar, n),
    }


def compute_lisrel_measures(gfi: float, df: float, moments: int) -> Measures:
    """LISREL's GFI with those that follow from it; moments: of the sample, all groups."""
    return {
        "gfi_lisrel": gfi,
        "agfi_lisrel": compute_agfi_lisrel(gfi, df, moments),
        "pgfi": compute_pgfi(gfi, df, moments),
    }


def compute_other_measures(chisq: float, df: float, npar: int, n: float) -> Measures:
    """Hoelter's critical n, McDonald's index and the expected cross-validation index."""
    return {
        "cn_05": compute_critical_n(chisq, df, n, 0.05),
        "cn_01": compute_critical_n(chisq, df, n, 0.01),
        "mfi": compute_mfi(chisq, df, n),
        "ecvi": compute_ecvi(chisq, npar, n),
    }


def compute_wrmr(chisq: float, moments: int) -> float:
    """Weighted root mean square residual: √(χ²/m) of m statistics in a group. Source: Muthén (2004), Mplus technical
    appendices.
    """
    return math.sqrt(max(chisq, 0.0) / moments)


def compute_agfi_lisrel(gfi: float, df: float, moments: int) -> float:
    """Adjusted GFI of LISREL: 1 − (m/df)(1 − GFI), m the number of sample moments; 1 where df is 0.

    Source: Jöreskog & Sörbom (1984), LISREL VI user's guide.
    """
    return 1.0 - moments / df * (1.0 - gfi) if df > 0 else 1.0


def compute_pgfi(gfi: float, df: float, moments: int) -> float:
    """Parsimony GFI: df/m · GFI. Source: Mulaik et al. (1989), Psychological Bulletin 105, 430-445."""
    return df / moments * gfi


def compute_mfi(chisq: float, df: float, n: float) -> float:
    """McDonald's fit index: exp(−½(χ² − df)/n). Source: McDonald (1989), Journal of Classification 6, 97-103."""
    return math.exp(-0.5 * (chisq - df) / n)


def compute_ecvi(chisq: float, npar: int, n: float) -> float:
    """Expected cross-validation index: (χ² + 2·npar)/n.

    Source: Browne & Cudeck (1989), Multivariate Behavioral Research 24, 445-455.
    """
    return (chisq + 2.0 * npar) / n


def compute_critical_n(chisq: float, df: float, n: float, alpha: float) -> float:
    """Hoelter's critical n: χ²(1 − α; df)·n/χ² + 1; NaN for a saturated model that fits exactly.

    Source: Hoelter (1983), Sociological Methods & Research 11, 325-344.
    """
    if df <= 0 or chisq <= 0:
        return math.nan if chisq < 1.5e-8 else 1.0
    return compute_chisq_quantile(1.0 - alpha, df) * n / chisq + 1.0


def compute_aic(logl: float, npar: int) -> float:
    """Akaike's information criterion: −2·logl + 2·npar.

    Source: Akaike (1974), IEEE Trans. Automatic Control 19, 716-723.
    """
    return -2.0 * logl + 2.0 * npar


def compute_bic(logl: float, npar: int, n: float) -> float:
    """Bayesian information criterion: −2·logl + npar·log n. Source: Schwarz (1978), Annals of Statistics 6, 461-464."""
    return -2.0 * logl + npar * math.log(n)


def compute_sabic(logl: float, npar: int, n: float) -> float:
    """Sample-size adjusted BIC (lavaan's bic2): log((n + 2)/24) for log n.

    Source: Sclove (1987), Psychometrika 52, 333-343.
    """
    return -2.0 * logl + npar * math.log((n + 2.0) / 24.0)
