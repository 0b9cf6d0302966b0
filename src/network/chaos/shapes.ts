/** Ways in which orderers can be connected badly. Pure. */
import { between, type OneWayCut } from "../../faults/index.ts";

export const SHAPES = [
  "halves",
  "scatter",
  "bridge",
  "ring",
  "star",
  "line",
  "triangle",
  "quorum-loss",
] as const;
export type Shape = (typeof SHAPES)[number];

/** What a person reads of it. */
export const SHAPE_TEXTS: Readonly<Record<Shape, string>> = {
  halves: "the leader's side is the smaller half",
  scatter: "no orderer reaches another",
  bridge: "only one orderer connects two halves",
  ring: "each orderer reaches its neighbours in a ring",
  star: "the orderers reach only one, which does not lead",
  line: "the orderers stand in a line with the leader at its end",
  triangle: "three reach each other, and two of them one outsider each",
  "quorum-loss": "all hear the leader, who hears nobody",
};

/** With fewer orderers the shape is another one, or none. */
export const ORDERER_COUNT_MIN: Readonly<Record<Shape, number>> = {
  halves: 3,
  scatter: 2,
  bridge: 3,
  ring: 4,
  star: 4,
  line: 3,
  triangle: 5,
  "quorum-loss": 3,
};

/** The cuts that bring `orderers`, at least as many as the shape asks for, into this shape. The leader comes first. */
export function cutsOf(shape: Shape, orderers: readonly string[]): readonly OneWayCut[] {
  const [leader = "", center = "", ...rest] = orderers;
  switch (shape) {
    case "halves": {
      const small = Math.floor((orderers.length - 1) / 2);
      return between([orderers.slice(0, small), orderers.slice(small)], false);
    }
    case "scatter":
      return cutsBut(orderers, []);
    case "bridge": {
      const others = [leader, ...rest];
      const half = Math.ceil(others.length / 2);
      return between([others.slice(0, half), others.slice(half)], false);
    }
    case "ring":
      return cutsBut(orderers, pairs([...orderers, leader]));
    case "star":
      return cutsBut(
        orderers,
        [leader, ...rest].map((other) => [center, other]),
      );
    case "line":
      return cutsBut(orderers, pairs(orderers));
    case "triangle": {
      const [b = "", c = "", outsider = ""] = rest;
      const triangle: readonly Pair[] = [...pairs([center, b, c]), [center, c]];
      return cutsBut(orderers, [...triangle, [leader, b], [outsider, c]]);
    }
    case "quorum-loss":
      return [center, ...rest].map((from) => ({ from, to: leader }));
  }
}

type Pair = readonly [string, string];

function pairs(line: readonly string[]): readonly Pair[] {
  return line.slice(1).map((to, index): Pair => [line[index] ?? to, to]);
}

/** All links but those of `connected`. */
function cutsBut(nodes: readonly string[], connected: readonly Pair[]): readonly OneWayCut[] {
  const isConnected = (a: string, b: string): boolean =>
    connected.some(([x, y]) => (x === a && y === b) || (x === b && y === a));
  return nodes.flatMap((from) =>
    nodes.filter((to) => to !== from && !isConnected(from, to)).map((to) => ({ from, to })),
  );
}
