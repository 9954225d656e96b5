// Which cells hold SQL, and where it begins.

const MAGIC = /^\s*%%fusionflow(\s.*)?$/;
const LINE_MAGIC = /^\s*%fusionflow\s+(?=(select|with|from|copy|create|describe|summarize|explain)\b)/i;

/** Where the SQL of a cell begins; null where there is none. */
export function sqlStart(text: string): number | null {
  const end = text.indexOf("\n");
  const first = end < 0 ? text : text.slice(0, end);
  if (MAGIC.test(first)) return end < 0 ? null : end + 1;
  return LINE_MAGIC.exec(first)?.[0].length ?? null;
}
