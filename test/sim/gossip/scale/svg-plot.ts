/** Plots of a few curves as SVG text. */

export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** What is aimed at or known from theory, drawn in dashes and without marks. Default false. */
  readonly isReference?: boolean;
}

export interface Plot {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** A logarithmic axis has a tick at each x of the curves. */
  readonly xScale: "logarithmic" | "linear";
  readonly curves: readonly Curve[];
}

interface Axes {
  readonly atX: (x: number) => number;
  readonly atY: (y: number) => number;
  readonly xs: readonly number[];
  readonly ys: readonly number[];
}

const WIDTH = 760;
const HEIGHT = 380;
const LEFT = 70;
const RIGHT = 250;
const TOP = 44;
const BOTTOM = 52;
const COLORS = ["#1b6ca8", "#d1495b", "#2e8b57", "#8a5fb0", "#c77d0a", "#3aa6b9"];
const REFERENCE_COLOR = "#666";
/** More points than that are a line. */
const MARKED_MAX = 12;
/** A name in the legend beside the plot. */
const LEGEND_STEP = 20;

export function svgPlot(plot: Plot): string {
  const axes = axesOf(plot);
  const { title, xLabel, yLabel, curves } = plot;
  const { atX, atY, xs, ys } = axes;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text(LEFT, 24, title, "start", 15),
    ...ys.flatMap((y) => [
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(atY(y))}" y2="${at(atY(y))}" stroke="#ddd"/>`,
      text(LEFT - 8, atY(y) + 4, shown(y), "end"),
    ]),
    ...xs.flatMap((x) => [
      `<line x1="${at(atX(x))}" x2="${at(atX(x))}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM + 5}" stroke="#888"/>`,
      text(atX(x), HEIGHT - BOTTOM + 19, shown(x), "middle"),
    ]),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, xLabel, "middle"),
    `<g transform="translate(18 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)">${text(0, 0, yLabel, "middle")}</g>`,
    ...curves.flatMap((curve, index) => drawn(curve, index, axes)),
    "</svg>",
    "",
  ].join("\n");
}

function axesOf({ xScale, curves }: Plot): Axes {
  const points = curves.flatMap((curve) => curve.points);
  const allX = points.map(([x]) => x);
  const xMax = Math.max(...allX);
  const ys = ticks(Math.max(...points.map(([, y]) => y)));
  const yMax = ys.at(-1) ?? 1;
  const isLinear = xScale === "linear";
  const place = isLinear ? (x: number): number => x : Math.log;
  const from = isLinear ? 0 : Math.log(Math.min(...allX));
  const span = Math.max(1e-9, place(xMax) - from);
  return {
    atX: (x) => LEFT + ((place(x) - from) / span) * (WIDTH - LEFT - RIGHT),
    atY: (y) => HEIGHT - BOTTOM - (y / yMax) * (HEIGHT - TOP - BOTTOM),
    xs: isLinear ? ticks(xMax).filter((x) => x <= xMax) : [...new Set(allX)],
    ys,
  };
}

function drawn(
  { name, points, isReference = false }: Curve,
  index: number,
  { atX, atY }: Axes,
): readonly string[] {
  const color = isReference ? REFERENCE_COLOR : (COLORS[index % COLORS.length] ?? "black");
  const dashes = isReference ? ` stroke-dasharray="${3 + 3 * (index % 3)} 4"` : "";
  const path = points.map(([x, y]) => `${at(atX(x))},${at(atY(y))}`).join(" ");
  const legendX = WIDTH - RIGHT + 16;
  const legendY = TOP + 14 + index * LEGEND_STEP;
  const marked = isReference || points.length > MARKED_MAX ? [] : points;
  return [
    `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"${dashes}/>`,
    ...marked.map(
      ([x, y]) => `<circle cx="${at(atX(x))}" cy="${at(atY(y))}" r="3" fill="${color}"/>`,
    ),
    `<line x1="${legendX}" x2="${legendX + 22}" y1="${legendY - 4}" y2="${legendY - 4}" stroke="${color}" stroke-width="2"${dashes}/>`,
    text(legendX + 28, legendY, name, "start"),
  ];
}

function text(x: number, y: number, content: string, anchor: string, size = 12): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}" font-size="${size}">${escaped}</text>`;
}

function at(value: number): string {
  return value.toFixed(1);
}

function shown(value: number): string {
  return value >= 1_000 ? value.toLocaleString("en-US") : String(value);
}

/** From 0 to at least `highest` in at most five steps of 1, 2 or 5 times a power of ten. */
function ticks(highest: number): readonly number[] {
  const least = highest / 5;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10);
  const count = Math.ceil(highest / step);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}
