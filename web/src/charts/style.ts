import { fontFamily, type Palette } from "../theme";
import type { ChartOption } from "./echarts";

/** What all drawn charts share, in the colours of the scheme. */

export function words(palette: Palette) {
  return { color: palette.muted, fontFamily, fontSize: 12 };
}

/** Nothing is animated: what moves when numbers change says less than the numbers, and takes longer to draw. */
export const frame: ChartOption = {
  animation: false,
  grid: { left: 0, right: 8, top: 20, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
};

export function categories(labels: string[], palette: Palette) {
  return {
    type: "category" as const,
    data: labels,
    axisLabel: {
      ...words(palette),
      hideOverlap: true,
      // Where only round times have a name, those and no others are written.
      ...(labels.includes("") ? { interval: (_: number, label: string) => label !== "" } : {}),
    },
    axisLine: { lineStyle: { color: palette.lineStrong } },
    axisTick: { show: false },
  };
}

export function amounts(palette: Palette, show: (value: number) => string) {
  return {
    type: "value" as const,
    min: 0,
    splitNumber: 4,
    axisLabel: { ...words(palette), formatter: show },
    splitLine: { lineStyle: { color: palette.line } },
  };
}

export function tooltip(
  palette: Palette,
  tip: (index: number) => HTMLElement,
  trigger: "axis" | "item" = "axis",
) {
  return {
    trigger,
    confine: true,
    transitionDuration: 0,
    backgroundColor: palette.raised,
    borderColor: palette.lineStrong,
    padding: 10,
    textStyle: { color: palette.text, fontFamily, fontSize: 12 },
    axisPointer: { type: "shadow" as const, shadowStyle: { color: palette.muted, opacity: 0.1 } },
    formatter: (points: { dataIndex: number } | { dataIndex: number }[]) => {
      const point = Array.isArray(points) ? points[0] : points;
      return tip(point?.dataIndex ?? 0);
    },
  };
}

export interface TipLine {
  name: string;
  value?: string;
  colour?: string;
}

/** Built from elements, not from markup, so that no text can become code. */
export function tipOf(title: string, lines: TipLine[]): HTMLElement {
  const box = document.createElement("div");
  box.style.cssText = "display:grid;grid-template-columns:auto auto;gap:3px 16px";
  const head = document.createElement("span");
  head.style.cssText = "grid-column:1/-1;font-weight:600";
  head.textContent = title;
  box.append(head);
  for (const { name, value, colour } of lines) {
    const left = document.createElement("span");
    if (colour) {
      const mark = document.createElement("span");
      mark.style.cssText = `display:inline-block;width:9px;height:9px;border-radius:2px;margin-right:7px;background:${colour}`;
      left.append(mark);
    }
    left.append(name);
    box.append(left);
    if (value === undefined) {
      left.style.gridColumn = "1/-1";
      continue;
    }
    const right = document.createElement("span");
    right.style.textAlign = "right";
    right.textContent = value;
    box.append(right);
  }
  return box;
}
