import { useMemo } from "react";
import type { Histogram } from "../api/types";
import { integer, percent, shareOf, short } from "../format";
import type { Palette } from "../theme";
import { EChart } from "./EChart";
import type { ChartOption } from "./echarts";
import { amounts, categories, frame, tipOf, tooltip } from "./style";
import { useLook } from "./useLook";

interface Props {
  histogram: Histogram;
  /** Names a bin's edge, with its unit. */
  edge: (value: number) => string;
  summary: string;
  height: number;
}

/** How often which value occurred: one bar a bin, no gaps between neighbours. */
export function HistogramChart({ histogram, edge, summary, height }: Props) {
  const { palette } = useLook();
  const option = useMemo(() => optionOf(histogram, edge, palette), [histogram, edge, palette]);
  return <EChart option={option} summary={summary} height={height} />;
}

function optionOf({ bins, n }: Histogram, edge: (value: number) => string, palette: Palette): ChartOption {
  return {
    ...frame,
    xAxis: categories(
      bins.map(({ from }) => edge(from)),
      palette,
    ),
    yAxis: { ...amounts(palette, short), minInterval: 1 },
    tooltip: tooltip(palette, (index) => {
      const bin = bins[index];
      if (!bin) return tipOf("", []);
      return tipOf(`${edge(bin.from)} to ${edge(bin.to)}`, [
        {
          name: "Predictions",
          value: `${integer(bin.n)} (${percent(shareOf(bin.n, n))})`,
          colour: palette.accent,
        },
      ]);
    }),
    series: [
      {
        type: "bar",
        id: "n",
        barCategoryGap: "4%",
        cursor: "default",
        emphasis: { disabled: true },
        itemStyle: { color: palette.accent },
        data: bins.map((bin) => bin.n),
      },
    ],
  };
}
