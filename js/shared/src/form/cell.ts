// The query of a form as the text of a cell.

/** A word of the magic's line as a shell would take it. */
export function shellWord(text: string): string {
  return /^[\w.%+:@/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}

/** `%%fusionflow` with the name and the values of the parameters, and the SQL below. */
export function cellOf(sql: string, name: string, params: Readonly<Record<string, unknown>>): string {
  const words = ["%%fusionflow"];
  const oneLine = name.replace(/\s+/g, " ").trim();
  if (oneLine) words.push("--name", shellWord(oneLine));
  if (Object.keys(params).length) words.push("--params", shellWord(JSON.stringify(params)));
  return `${words.join(" ")}\n${sql}\n`;
}
