// A chart of what was counted before: uPlot draws it, in the colours of the theme; words say the same.

import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";

import { cut, visible } from "../cells";
import type { ChartData, ChartKind } from "../chartData";
import { momentText, numberText, placeText, summaryText, tickText } from "../chartText";

const HEIGHT = 240;
const LISTED = 30;
const LABEL_LENGTH = 14;

interface ChartProps {
  kind: ChartKind;
  data: ChartData;
  /** Name of the column below. */
  x: string;
  /** The zone in which times stand below; null where there are no times. */
  time: string | null;
}

/** The chart, the value under the pointer, and the numbers as a table for who asks for it. */
export function Chart({ kind, data, x, time }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  const [pointed, setPointed] = useState<number | null>(null);
  useEffect(() => {
    const element = place.current;
    if (!element || !data.x.length) return undefined;
    const look = lookOf(element);
    const width = (): number => Math.max(element.clientWidth, 200);
    const chart = new uPlot(options({ kind, data, x, time }, look, width(), setPointed), [data.x, data.y], element);
    const resized = new ResizeObserver(() => chart.setSize({ width: width(), height: HEIGHT }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      chart.destroy();
    };
  }, [kind, data, x, time, theme]);
  if (!data.x.length) return <div class="ff-muted">nothing to draw: no row has a number here</div>;
  return (
    <div class="ff-chart">
      <div ref={place} class="ff-chart-place" role="img" aria-label={visible(summaryText(kind, data, x, time))} />
      <div class="ff-row ff-spread ff-small">
        <span class="ff-clip">
          {pointed === null ? (
            <span class="ff-muted">{visible(`${data.what} by ${x}`)}</span>
          ) : (
            `${visible(placeText(data, pointed, time))}: ${numberText(data.y[pointed] ?? 0)}`
          )}
        </span>
        <span class="ff-muted">{data.left}</span>
      </div>
      <details class="ff-small">
        <summary>Numbers of the chart</summary>
        <ChartTable data={data} x={x} time={time} />
      </details>
    </div>
  );
}

function ChartTable({ data, x, time }: Omit<ChartProps, "kind">) {
  const rows = Math.min(data.x.length, LISTED);
  return (
    <div class="ff-scroll">
      <table class="ff-table">
        <thead>
          <tr>
            <th scope="col">{visible(x)}</th>
            <th scope="col" class="ff-num">
              {visible(data.what)}
            </th>
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: rows }, (_, at) => (
            <tr key={at}>
              <td>{visible(placeText(data, at, time))}</td>
              <td class="ff-num">{numberText(data.y[at] ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {data.x.length > rows && <div class="ff-muted">the first {rows} of {numberText(data.x.length)}</div>}
    </div>
  );
}

interface Look {
  text: string;
  line: string;
  accent: string;
  font: string;
}

/** The colours and the font of the theme, as a canvas takes them. */
function lookOf(element: HTMLElement): Look {
  const probe = document.createElement("span");
  element.append(probe);
  const colour = (role: string): string => {
    probe.style.cssText = `color: var(${role}); forced-color-adjust: none`;
    return getComputedStyle(probe).color;
  };
  const { fontFamily } = getComputedStyle(element);
  const look = { text: colour("--ff-muted"), line: colour("--ff-faint"), accent: colour("--ff-accent"), font: `12px ${fontFamily}` };
  probe.remove();
  return look;
}

/** A number that changes with the theme. */
function useTheme(): number {
  const [theme, setTheme] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const changed = (): void => {
      clearTimeout(timer);
      // The style sheet of a theme comes some time after its name.
      timer = setTimeout(() => setTheme((count) => count + 1), 150);
    };
    const observer = new MutationObserver(changed);
    const attributes = { attributes: true, attributeFilter: ["class", "style", "data-jp-theme-name", "data-jp-theme-light", "data-theme"] };
    for (const element of [document.documentElement, document.body]) observer.observe(element, attributes);
    const wishes = ["(prefers-color-scheme: dark)", "(forced-colors: active)"].map((wish) => matchMedia(wish));
    for (const wish of wishes) wish.addEventListener("change", changed);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      for (const wish of wishes) wish.removeEventListener("change", changed);
    };
  }, []);
  return theme;
}

function options(
  { kind, data, x, time }: ChartProps,
  look: Look,
  width: number,
  point: (at: number | null) => void,
): uPlot.Options {
  const { labels } = data;
  const axis = { stroke: look.text, font: look.font, grid: { stroke: look.line, width: 1 }, ticks: { stroke: look.line, width: 1 } };
  const numbers = (name: string) => (_: uPlot, splits: number[]) => splits.map((value) => tickText(value, name));
  const rotated = labels !== null && (labels.length > 8 || labels.join("").length * 8 > width * 0.8);
  const below: uPlot.Axis = labels
    ? { ...axis, grid: { show: false }, splits: () => data.x, values: () => labels.map((label) => cut(visible(label), LABEL_LENGTH).text) }
    : { ...axis, ...(time === null ? { values: numbers(x) } : { values: times(time), space: 130 }) };
  if (rotated) Object.assign(below, { rotate: 40, size: 84 });
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: kind !== "bar" && kind !== "histogram" } },
    hooks: { setCursor: [(chart) => point(chart.cursor.idx ?? null)] },
    ...(time === null ? {} : { tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1000), time) }),
    scales: { x: { time: time !== null && !labels, range: xRange(kind, data) }, y: { range: yRange(kind) } },
    axes: [below, { ...axis, size: yAxisSize(data), values: numbers(data.what) }],
    series: [{}, seriesOf(kind, data, look)],
  };
}

function seriesOf(kind: ChartKind, data: ChartData, look: Look): uPlot.Series {
  const faint = look.accent.replace(/^rgb\((.*)\)$/, "rgba($1, 0.55)");
  const { bars } = uPlot.paths;
  if ((kind === "bar" || kind === "histogram") && bars) {
    const size: [number, number] = kind === "bar" ? [0.7, 90] : [1, Infinity];
    return { stroke: look.accent, fill: faint, width: 1, paths: bars({ size }), points: { show: false } };
  }
  const dots = { show: true, size: data.x.length > 2000 ? 3 : 5, width: 0, fill: faint, stroke: look.accent };
  if (kind === "scatter") return { stroke: look.accent, paths: () => null, points: dots };
  return { stroke: look.accent, width: 1.5, points: { show: data.x.length < 60, size: 5, fill: look.accent, stroke: look.accent } };
}

/** Ticks of times: uPlot chooses days and months, which are written in the zone of the column. */
function times(zone: string): uPlot.Axis.Values {
  return (_, splits) => splits.map((value) => momentText(value, zone));
}

function xRange(kind: ChartKind, { x, step }: ChartData): uPlot.Range.MinMax {
  const [low, high] = [x[0] ?? 0, x.at(-1) ?? 0];
  const room = kind === "bar" ? 0.6 : kind === "histogram" ? step * 0.55 : (high - low) * 0.02 || 1;
  return [low - room, high + room];
}

function yRange(kind: ChartKind): uPlot.Range.Function {
  return (_, low, high) => {
    if (kind === "scatter" || kind === "line") {
      const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
      return [low - room, high + room];
    }
    const room = (Math.max(high, 0) - Math.min(low, 0)) * 0.06 || 1;
    return [low < 0 ? low - room : 0, high > 0 ? high + room : 0];
  };
}

function yAxisSize(data: ChartData): number {
  const widest = [data.y.reduce((a, b) => Math.max(a, b), 0), data.y.reduce((a, b) => Math.min(a, b), 0)];
  return 28 + 7 * Math.max(...widest.map((value) => tickText(value, data.what).length));
}
