// Numbers as they are printed: three decimals, small p as a bound, a dash for none.

const WHOLE = new Set(["df", "npar", "ntotal", "n", "group", "level", "row", "nobs"]);
const CHANCE = new Set(["p", "pvalue", "p_value", "rmsea.pvalue"]);

export function formatP(value) {
  if (value === null || value === undefined) return "–";
  return value < 0.001 ? "< .001" : value.toFixed(3).replace(/^0/, "");
}

export function formatNumber(name, value) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  if (CHANCE.has(name)) return formatP(value);
  if (WHOLE.has(name) && Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e7 || size < 5e-4)) return size < 5e-4 && size > 0 && size >= 1e-12 ? value.toExponential(1).replace("-", "−") : size < 1e-12 ? "0.000" : value.toExponential(2);
  return value.toFixed(size >= 1000 ? 1 : 3).replace("-", "−");
}

/** Δχ² and what it says, in words. */
export function formatTest(p) {
  return p === null || p === undefined ? "" : p < 0.001 ? "p < .001" : `p = ${formatP(p)}`;
}
