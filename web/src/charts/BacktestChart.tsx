import { useMemo } from "react";
import type { Palette } from "../theme";
import { EChart } from "./EChart";
import type { ChartOption } from "./echarts";
import { amounts, categories, frame, tipOf, tooltip } from "./style";
import { useLook } from "./useLook";

interface Props {
  labels: string[];
  /** In full, for the tooltip. */
  titles: string[];
  values: (number | null)[];
  /** Drawn across when the condition has one fixed limit. */
  limit: number | null;
  /** First and last step of each episode. */
  episodes: [number, number][];
  show: (value: number) => string;
  summary: string;
  height: number;
}

/** A metric's course with a rule's limit, and the spans in which the rule would have fired shaded. */
export function BacktestChart({ summary, height, ...parts }: Props) {
  const { palette } = useLook();
  const { labels, titles, values, limit, episodes, show } = parts;
  const option = useMemo(
    () => optionOf({ labels, titles, values, limit, episodes, show }, palette),
    [labels, titles, values, limit, episodes, show, palette],
  );
  return <EChart option={option} summary={summary} height={height} />;
}

type Parts = Omit<Props, "summary" | "height">;

function optionOf({ labels, titles, values, limit, episodes, show }: Parts, palette: Palette): ChartOption {
  // Thousands of steps are drawn as fast as dozens, and keep their peaks.
  const many = values.length > 800;
  const highest = values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  return {
    ...frame,
    xAxis: { ...categories(labels, palette), boundaryGap: false },
    yAxis: {
      ...amounts(palette, show),
      // The limit stays in sight although nothing came near it.
      ...(limit === null || highest >= limit ? {} : { max: Number((limit * 1.1).toPrecision(2)) }),
    } as NonNullable<ChartOption["yAxis"]>,
    tooltip: {
      ...tooltip(palette, (index) => {
        const value = values[index];
        const inside = episodes.some(([from, to]) => from <= index && index <= to);
        return tipOf(titles[index] ?? "", [
          { name: "Value", value: value == null ? "–" : show(value), colour: palette.accent },
          ...(limit === null ? [] : [{ name: "Limit", value: show(limit), colour: palette.critical }]),
          ...(inside ? [{ name: "Would have been firing" }] : []),
        ]);
      }),
      axisPointer: { type: "line", lineStyle: { color: palette.lineStrong } },
    },
    series: [
      {
        type: "line",
        id: "value",
        data: values,
        symbol: "none",
        silent: true,
        ...(many ? { sampling: "minmax" as const } : {}),
        lineStyle: { color: palette.accent, width: 1.5 },
        itemStyle: { color: palette.accent },
        markArea: {
          silent: true,
          itemStyle: { color: palette.critical, opacity: 0.16 },
          data: episodes.map(([from, to]) => [{ xAxis: from }, { xAxis: to }]),
        },
        ...(limit === null
          ? {}
          : {
              markLine: {
                symbol: "none",
                silent: true,
                animation: false,
                lineStyle: { color: palette.critical, type: "dashed" as const },
                label: {
                  formatter: `limit ${show(limit)}`,
                  color: palette.critical,
                  fontSize: 12,
                  position: "insideEndTop" as const,
                },
                data: [{ yAxis: limit }],
              },
            }),
      },
    ],
  };
}
