import { useMemo } from "react";
import type { Palette } from "../theme";
import { type Bucket, isolated, titleOf } from "./buckets";
import { EChart, type TimeAxis } from "./EChart";
import type { ChartOption } from "./echarts";
import { type Mark, markLine, markTips } from "./marks";
import { amounts, categories, frame, tipOf, tooltip } from "./style";
import { useLook } from "./useLook";

export interface Line {
  label: string;
  colour: (palette: Palette) => string;
  /** One a bucket; null where nothing was counted. */
  values: (number | null)[];
  /** The compared range. */
  dashed?: boolean;
  /** Filled down to zero. */
  area?: boolean;
}

interface Props {
  buckets: Bucket[];
  lines: Line[];
  marks?: Mark[];
  show: (value: number) => string;
  /** Where the value axis ends; what the numbers need when absent. */
  max?: number;
  /** Counts and times start at zero, rates near what they are. */
  fromZero?: boolean;
  /** Only whole numbers stand on the value axis. */
  whole?: boolean;
  summary: string;
  height: number;
  time?: TimeAxis;
}

/** The course of one or a few numbers. The last step of an unfinished range is dotted. */
export function LineChart({ summary, height, time, ...rest }: Props) {
  const { palette } = useLook();
  const { buckets, lines, marks, show, max, fromZero, whole } = rest;
  const option = useMemo(
    () =>
      optionOf(
        {
          buckets,
          lines,
          marks: marks ?? [],
          show,
          max,
          fromZero: fromZero ?? true,
          whole: whole ?? false,
        },
        palette,
      ),
    [buckets, lines, marks, show, max, fromZero, whole, palette],
  );
  return <EChart option={option} summary={summary} height={height} {...(time ? { time } : {})} />;
}

interface Parts {
  buckets: Bucket[];
  lines: Line[];
  marks: Mark[];
  show: (value: number) => string;
  max: number | undefined;
  fromZero: boolean;
  whole: boolean;
}

function optionOf(
  { buckets, lines, marks, show, max, fromZero, whole }: Parts,
  palette: Palette,
): ChartOption {
  const unfinished = buckets.at(-1)?.unfinished === true && buckets.length > 1;
  const last = buckets.length - 1;
  return {
    ...frame,
    xAxis: categories(
      buckets.map(({ label }) => label),
      palette,
    ),
    yAxis: {
      ...amounts(palette, show),
      ...(fromZero ? {} : { min: undefined, scale: true }),
      ...(max === undefined ? {} : { max, interval: max / 4 }),
      ...(whole ? { minInterval: 1 } : {}),
    } as NonNullable<ChartOption["yAxis"]>,
    tooltip: {
      ...tooltip(palette, (index) => tip({ buckets, lines, marks, show }, index, palette)),
      axisPointer: { type: "line", lineStyle: { color: palette.lineStrong } },
    },
    series: lines.flatMap((line, at) => {
      const colour = line.colour(palette);
      const alone = isolated(line.values);
      const base = {
        type: "line" as const,
        symbol: alone.size > 0 ? "circle" : "none",
        symbolSize: (_: unknown, { dataIndex }: { dataIndex: number }) => (alone.has(dataIndex) ? 5 : 0),
        showAllSymbol: true,
        silent: true,
        itemStyle: { color: colour },
        ...(line.area ? { areaStyle: { color: colour, opacity: 0.12 } } : {}),
      };
      const solid = unfinished && !line.dashed ? line.values.slice(0, -1) : line.values;
      const marked = at === 0 ? markLine(marks, palette) : {};
      return [
        {
          ...base,
          ...marked,
          id: line.label,
          data: solid,
          lineStyle: {
            color: colour,
            width: line.dashed ? 1.5 : 2,
            type: line.dashed ? ("dashed" as const) : ("solid" as const),
          },
        },
        ...(unfinished && !line.dashed
          ? [
              {
                ...base,
                id: `${line.label} unfinished`,
                data: line.values.map((value, index) => (index >= last - 1 ? value : null)),
                lineStyle: { color: colour, width: 2, type: "dotted" as const },
              },
            ]
          : []),
      ];
    }),
  };
}

function tip(
  { buckets, lines, marks, show }: Pick<Parts, "buckets" | "lines" | "marks" | "show">,
  index: number,
  palette: Palette,
): HTMLElement {
  const bucket = buckets[index];
  if (!bucket) return tipOf("", []);
  return tipOf(titleOf(bucket), [
    ...lines.map(({ label, values, colour }) => {
      const value = values[index];
      return { name: label, value: value == null ? "–" : show(value), colour: colour(palette) };
    }),
    ...markTips(marks, index),
  ]);
}
