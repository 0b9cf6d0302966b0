/** Plots of a few curves over a logarithmic count of peers, as SVG text. */

export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Plot {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly curves: readonly Curve[];
}

const WIDTH = 640;
const HEIGHT = 360;
const LEFT = 70;
const RIGHT = 170;
const TOP = 40;
const BOTTOM = 50;
const COLORS = ["#1b6ca8", "#d1495b", "#2e8b57", "#8a5fb0"];

export function svgPlot({ title, xLabel, yLabel, curves }: Plot): string {
  const points = curves.flatMap((curve) => curve.points);
  const xMax = Math.max(...points.map(([x]) => x));
  const xMin = Math.min(...points.map(([x]) => x));
  const ys = ticks(Math.max(...points.map(([, y]) => y)));
  const yMax = ys.at(-1) ?? 1;
  const span = Math.max(1e-9, Math.log(xMax) - Math.log(xMin));
  const atX = (x: number): number =>
    LEFT + ((Math.log(x) - Math.log(xMin)) / span) * (WIDTH - LEFT - RIGHT);
  const atY = (y: number): number => HEIGHT - BOTTOM - (y / yMax) * (HEIGHT - TOP - BOTTOM);
  const xs = [...new Set(points.map(([x]) => x))];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text(LEFT, 22, title, "start", 15),
    ...ys.flatMap((y) => [
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(atY(y))}" y2="${at(atY(y))}" stroke="#ddd"/>`,
      text(LEFT - 8, atY(y) + 4, String(y), "end"),
    ]),
    ...xs.map((x) => text(atX(x), HEIGHT - BOTTOM + 18, String(x), "middle")),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, xLabel, "middle"),
    `<g transform="translate(18 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)">${text(0, 0, yLabel, "middle")}</g>`,
    ...curves.flatMap((curve, index) => drawn(curve, index, atX, atY)),
    "</svg>",
    "",
  ].join("\n");
}

function drawn(
  { name, points }: Curve,
  index: number,
  atX: (x: number) => number,
  atY: (y: number) => number,
): readonly string[] {
  const color = COLORS[index % COLORS.length] ?? "black";
  const path = points.map(([x, y]) => `${at(atX(x))},${at(atY(y))}`).join(" ");
  const legendY = TOP + 14 + index * 20;
  return [
    `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"/>`,
    ...points.map(
      ([x, y]) => `<circle cx="${at(atX(x))}" cy="${at(atY(y))}" r="3" fill="${color}"/>`,
    ),
    `<rect x="${WIDTH - RIGHT + 14}" y="${legendY - 9}" width="12" height="10" fill="${color}"/>`,
    text(WIDTH - RIGHT + 32, legendY, name, "start"),
  ];
}

function text(x: number, y: number, content: string, anchor: string, size = 12): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}" font-size="${size}">${escaped}</text>`;
}

function at(value: number): string {
  return value.toFixed(1);
}

/** From 0 to at least `highest` in at most five steps of 1, 2 or 5 times a power of ten. */
function ticks(highest: number): readonly number[] {
  const least = highest / 5;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10);
  const count = Math.ceil(highest / step);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}
