/** Everything that draws with ECharts, as the one chunk that is fetched when a chart is first shown. */
export { ActivityChart } from "./ActivityChart";
export { BacktestChart } from "./BacktestChart";
export { BarsChart } from "./BarsChart";
export { HistogramChart } from "./HistogramChart";
export { LineChart } from "./LineChart";
export { ScatterChart } from "./ScatterChart";
