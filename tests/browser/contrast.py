"""What cannot be read: texts of less contrast than 4.5:1 with what is behind them, icons of less than 3:1."""

from __future__ import annotations

from playwright.sync_api import Page

TEXT, ICON = 4.5, 3.0

# Colours are drawn, so that whatever a style sheet may write is read back as red, green, blue and alpha.
_FAINT = r"""
([text, icon]) => {
  const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
    .getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const rgba = (colour) => {
    if (!known.has(colour)) {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
    }
    return known.get(colour);
  };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a)];
  const light = (colour) => {
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = colour.map((one) => linear(one / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const line = [];
    for (let at = element; at; at = at.parentElement) line.unshift(getComputedStyle(at));
    let [ground, seen] = [[255, 255, 255], 1];
    for (const style of line) {
      seen *= Number(style.opacity);
      const [r, g, b, a] = rgba(style.backgroundColor);
      ground = over([r, g, b, a * seen], ground);
    }
    return { ground, seen };
  };
  const contrast = (element, colour) => {
    const { ground, seen } = behind(element);
    const [r, g, b, a] = rgba(colour);
    const [one, other] = [light(over([r, g, b, a * seen], ground)), light(ground)].sort((x, y) => y - x);
    return (one + 0.05) / (other + 0.05);
  };
  const found = new Map();
  let looked = 0;
  const judge = (element, colour, said) => {
    const least = element.closest("[aria-hidden=true]") ? icon : text;
    const ratio = contrast(element, colour);
    looked += 1;
    const name = `${element.className || element.tagName}: ${said.trim().slice(0, 40)}`;
    if (ratio < least) found.set(name, ratio.toFixed(2));
  };
  for (const root of document.querySelectorAll(".ff, .fusionflow")) {
    if (!root.checkVisibility()) continue;
    for (const element of [root, ...root.querySelectorAll("*")]) {
      if (!element.checkVisibility({ opacityProperty: true })) continue;
      if (element.closest(":disabled, [aria-disabled='true'], style, .ff-hidden")) continue;
      const { color } = getComputedStyle(element);
      const texts = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data);
      if (texts.join("").trim()) judge(element, color, texts.join(" "));
      if (element.matches("input, textarea, select")) judge(element, color, element.value || "");
      if (element.placeholder && !element.value) {
        judge(element, getComputedStyle(element, "::placeholder").color, element.placeholder);
      }
    }
  }
  return { looked, faint: [...found].map(([what, ratio]) => `${ratio}  ${what}`) };
}
"""


def faint(page: Page) -> list[str]:
    """Return the texts of our views on a page that are too faint, each with its contrast."""
    measured = page.evaluate(_FAINT, [TEXT, ICON])
    assert measured["looked"], "none of our views is on the page"
    found: list[str] = measured["faint"]
    return found
