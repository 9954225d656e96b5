// Text as it can be read: nothing of it is hidden, and nothing shows as something else.

const SHOWN: Readonly<Record<string, string>> = { "\n": "↵", "\r": "␍", "\t": "⇥" };
/** Characters that do not show, or show as others. */
export const HIDDEN = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

/** Replace what would not show, or would show as something else, by what does. */
export function visible(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(HIDDEN, (character) => SHOWN[character] ?? escaped(character));
}

/** The same of a text of several lines, which stay lines. */
export function visibleLines(text: string): string {
  return text.split(/\r?\n/).map(visible).join("\n");
}

/** Write a character by its code. */
export function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const [mark, digits] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
  return `\\${mark}${code.toString(16).padStart(digits as number, "0")}`;
}
