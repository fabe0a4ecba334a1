import { useMemo } from "react";
import { short } from "../format";
import type { Palette } from "../theme";
import { EChart } from "./EChart";
import type { ChartOption } from "./echarts";
import { amounts, frame, tipOf, tooltip, words } from "./style";
import { useLook } from "./useLook";

export interface Bar {
  label: string;
  value: number;
  /** At the bar's end. */
  note: string;
}

interface Props {
  bars: Bar[];
  summary: string;
  height: number;
}

/** Amounts beside each other, in the order given from top to bottom. */
export function BarsChart({ bars, summary, height }: Props) {
  const { palette } = useLook();
  const option = useMemo(() => optionOf(bars, palette), [bars, palette]);
  return <EChart option={option} summary={summary} height={height} />;
}

function optionOf(bars: Bar[], palette: Palette): ChartOption {
  return {
    ...frame,
    grid: { left: 0, right: 56, top: 0, bottom: 0, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: { ...amounts(palette, short), axisLabel: { show: false }, splitLine: { show: false } },
    yAxis: {
      type: "category",
      inverse: true,
      data: bars.map(({ label }) => label),
      axisLabel: { ...words(palette), color: palette.text, width: 150, overflow: "truncate" },
      axisLine: { show: false },
      axisTick: { show: false },
    },
    tooltip: tooltip(palette, (index) => {
      const bar = bars[index];
      return bar ? tipOf(bar.label, [{ name: "Predictions", value: bar.note }]) : tipOf("", []);
    }),
    series: [
      {
        type: "bar",
        id: "value",
        barMaxWidth: 18,
        barMinHeight: 2,
        cursor: "default",
        emphasis: { disabled: true },
        itemStyle: { color: palette.accent, borderRadius: [0, 3, 3, 0] },
        label: {
          show: true,
          position: "right",
          ...words(palette),
          formatter: ({ dataIndex }) => bars[dataIndex]?.note ?? "",
        },
        data: bars.map(({ value }) => value),
      },
    ],
  };
}
