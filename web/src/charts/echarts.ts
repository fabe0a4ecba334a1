/** The only door to ECharts: what is registered here is all that its chunk carries. */

import { BarChart, LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { type ComposeOption, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([
  BarChart,
  LineChart,
  ScatterChart,
  GridComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TooltipComponent,
  CanvasRenderer,
]);

export type { EChartsType } from "echarts/core";
export { init };

type Parts =
  | import("echarts/charts").BarSeriesOption
  | import("echarts/charts").LineSeriesOption
  | import("echarts/charts").ScatterSeriesOption
  | import("echarts/components").GridComponentOption
  | import("echarts/components").MarkAreaComponentOption
  | import("echarts/components").MarkLineComponentOption
  | import("echarts/components").TooltipComponentOption;
export type ChartOption = ComposeOption<Parts>;
