// Floats in digits as Python writes them: the shortest that read back, and rounding half to even.

/** Python's `repr`: `1.0`, `1e-07`, `nan`, `inf`. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) return sign + pythonExponent(size.toExponential());
  const text = String(size);
  return sign + (text.includes(".") ? text : `${text}.0`);
}

/** Python's `format(value, ".{places}f")`. */
export function fixedText(value: number, places: number): string {
  const text = value.toFixed(places);
  const exact = value.toFixed(Math.min(places + 60, 100));
  return evenly(text, exact.slice(0, text.length), exact.slice(text.length));
}

/** Python's `format(value, ".{places}e")`. */
export function exponentText(value: number, places: number): string {
  const [text = "", power = ""] = value.toExponential(places).split("e");
  const [exact = ""] = value.toExponential(Math.min(places + 60, 100)).split("e");
  return pythonExponent(`${evenly(text, exact.slice(0, text.length), exact.slice(text.length))}e${power}`);
}

/** Of two equally near neighbours take the one that ends even; `rest` are the digits that were cut off. */
function evenly(rounded: string, truncated: string, rest: string): string {
  const even = "02468".includes(truncated.at(-1) ?? "");
  return even && /^50*$/.test(rest) ? truncated : rounded;
}

function pythonExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}
