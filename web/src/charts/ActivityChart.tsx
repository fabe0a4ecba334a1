import { useMemo } from "react";
import { integer, percent, shareOf, short } from "../format";
import { outcomes, type Palette } from "../theme";
import { type Activity, totalOf } from "./activity";
import { titleOf } from "./buckets";
import { EChart, type TimeAxis } from "./EChart";
import type { ChartOption } from "./echarts";
import { fill } from "./hatch";
import { type Mark, markLine, markTips } from "./marks";
import { amounts, categories, frame, tipOf, tooltip } from "./style";
import { useLook } from "./useLook";

interface Props {
  activity: Activity;
  summary: string;
  height: number;
  time: TimeAxis;
  marks?: Mark[];
}

const noMarks: Mark[] = [];

/** Predictions per bucket, stacked by outcome; the unfinished bucket hatched, the compared range dashed. */
export function ActivityChart({ activity, summary, height, time, marks = noMarks }: Props) {
  const { palette } = useLook();
  const option = useMemo(() => optionOf(activity, marks, palette), [activity, marks, palette]);
  return <EChart option={option} summary={summary} height={height} time={time} />;
}

function optionOf(activity: Activity, marks: Mark[], palette: Palette): ChartOption {
  return {
    ...frame,
    xAxis: categories(
      activity.buckets.map(({ label }) => label),
      palette,
    ),
    yAxis: { ...amounts(palette, short), minInterval: 1 },
    tooltip: tooltip(palette, (index) => tip(activity, marks, index, palette)),
    series: [
      ...outcomes.map(({ name, label }, at) => ({
        ...(at === 0 ? markLine(marks, palette) : {}),
        type: "bar" as const,
        id: name,
        name: label,
        stack: "outcomes",
        barMaxWidth: 44,
        barCategoryGap: activity.buckets.length > 40 ? "20%" : "35%",
        cursor: "default",
        emphasis: { disabled: true },
        itemStyle: { color: fill(name, false, palette) },
        // Only a bar that differs has a style of its own: each one costs as much as drawing ten.
        data: activity.buckets.map((bucket) =>
          bucket.unfinished
            ? { value: bucket[name], itemStyle: { color: fill(name, true, palette) } }
            : bucket[name],
        ),
      })),
      ...(activity.before
        ? [
            {
              type: "line" as const,
              id: "before",
              name: "Before",
              data: activity.before,
              symbol: "none",
              silent: true,
              z: 3,
              lineStyle: { color: palette.muted, width: 1.5, type: "dashed" as const },
            },
          ]
        : []),
    ],
  };
}

function tip(activity: Activity, marks: Mark[], index: number, palette: Palette): HTMLElement {
  const bucket = activity.buckets[index];
  if (!bucket) return tipOf("", []);
  const total = totalOf(bucket);
  const before = activity.before?.[index];
  return tipOf(titleOf(bucket), [
    ...outcomes.map(({ name, label }) => ({
      name: label,
      value: `${integer(bucket[name])}${total > 0 ? ` (${percent(shareOf(bucket[name], total))})` : ""}`,
      colour: palette[name],
    })),
    { name: "Total", value: integer(total) },
    ...(before == null ? [] : [{ name: "Compared range", value: integer(before) }]),
    ...markTips(marks, index),
  ]);
}
