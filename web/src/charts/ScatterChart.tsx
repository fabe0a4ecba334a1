import { useMemo } from "react";
import type { Palette } from "../theme";
import { EChart } from "./EChart";
import type { ChartOption } from "./echarts";
import { amounts, frame, tipOf, tooltip, words } from "./style";
import { useLook } from "./useLook";

export interface Spot {
  x: number;
  y: number;
  title: string;
  lines: { name: string; value: string }[];
}

interface Props {
  spots: Spot[];
  xName: string;
  yName: string;
  showX: (value: number) => string;
  showY: (value: number) => string;
  summary: string;
  height: number;
}

/** Whether one number moves with another: a spot for each time. */
export function ScatterChart({ summary, height, ...rest }: Props) {
  const { palette } = useLook();
  const { spots, xName, yName, showX, showY } = rest;
  const option = useMemo(
    () => optionOf({ spots, xName, yName, showX, showY }, palette),
    [spots, xName, yName, showX, showY, palette],
  );
  return <EChart option={option} summary={summary} height={height} />;
}

function optionOf(
  { spots, xName, yName, showX, showY }: Omit<Props, "summary" | "height">,
  palette: Palette,
): ChartOption {
  const name = { nameLocation: "middle" as const, nameTextStyle: words(palette) };
  return {
    ...frame,
    grid: {
      left: 24,
      right: 12,
      top: 12,
      bottom: 26,
      outerBoundsMode: "same",
      outerBoundsContain: "axisLabel",
    },
    xAxis: {
      ...amounts(palette, showX),
      name: xName,
      ...name,
      nameGap: 28,
      splitLine: { show: false },
      axisLine: { show: true, lineStyle: { color: palette.lineStrong } },
    },
    yAxis: { ...amounts(palette, showY), name: yName, ...name, nameGap: 52 },
    tooltip: tooltip(
      palette,
      (index) => {
        const spot = spots[index];
        return spot ? tipOf(spot.title, spot.lines) : tipOf("", []);
      },
      "item",
    ),
    series: [
      {
        type: "scatter",
        id: "spots",
        symbolSize: 7,
        cursor: "default",
        itemStyle: { color: palette.accent, opacity: 0.55 },
        data: spots.map(({ x, y }) => [x, y]),
      },
    ],
  };
}
