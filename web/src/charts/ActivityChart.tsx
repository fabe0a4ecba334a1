import { useComputedColorScheme } from "@mantine/core";
import { useReducedMotion } from "@mantine/hooks";
import { useMemo } from "react";
import type { Outcome } from "../api/types";
import { integer, percent, short } from "../format";
import { fontFamily, outcomes, type Palette, palettes } from "../theme";
import type { Activity } from "./activity";
import { EChart } from "./EChart";
import type { ChartOption } from "./echarts";

interface Props {
  activity: Activity;
  summary: string;
  height: number;
}

/** Predictions per bucket, stacked by outcome; the unfinished bucket hatched, the range before dashed. */
export default function ActivityChart({ activity, summary, height }: Props) {
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const still = useReducedMotion();
  const option = useMemo(
    () => optionOf(activity, palettes[scheme], still === true),
    [activity, scheme, still],
  );
  return <EChart option={option} summary={summary} height={height} />;
}

function optionOf(activity: Activity, palette: Palette, still: boolean): ChartOption {
  const text = { color: palette.muted, fontFamily, fontSize: 12 };
  return {
    animation: !still,
    animationDuration: 0,
    animationDurationUpdate: 150,
    animationEasingUpdate: "linear",
    grid: { left: 0, right: 8, top: 12, bottom: 0, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: {
      type: "category",
      data: activity.buckets.map(({ label }) => label),
      axisLabel: { ...text, hideOverlap: true },
      axisLine: { lineStyle: { color: palette.lineStrong } },
      axisTick: { show: false },
    },
    yAxis: {
      type: "value",
      min: 0,
      minInterval: 1,
      splitNumber: 4,
      axisLabel: { ...text, formatter: (value: number) => short(value) },
      splitLine: { lineStyle: { color: palette.line } },
    },
    tooltip: {
      trigger: "axis",
      confine: true,
      transitionDuration: 0,
      backgroundColor: palette.raised,
      borderColor: palette.lineStrong,
      padding: 10,
      textStyle: { color: palette.text, fontFamily, fontSize: 12 },
      axisPointer: { type: "shadow", shadowStyle: { color: palette.muted, opacity: 0.1 } },
      formatter: (points) => {
        const point = Array.isArray(points) ? points[0] : points;
        return tip(activity, point?.dataIndex ?? 0, palette);
      },
    },
    series: [
      ...outcomes.map(({ name, label }) => ({
        type: "bar" as const,
        id: name,
        name: label,
        stack: "outcomes",
        barMaxWidth: 44,
        barCategoryGap: activity.buckets.length > 40 ? "20%" : "35%",
        cursor: "default",
        emphasis: { disabled: true },
        data: activity.buckets.map((bucket) => ({
          value: bucket[name],
          itemStyle: { color: fill(name, bucket.unfinished, palette) },
        })),
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

/** Built from elements, not from markup, so that no text can become code. */
function tip(activity: Activity, index: number, palette: Palette): HTMLElement {
  const bucket = activity.buckets[index];
  const box = document.createElement("div");
  if (!bucket) return box;
  const total = outcomes.reduce((sum, { name }) => sum + bucket[name], 0);
  const lines: [string, string, string | null][] = [
    [bucket.title + (bucket.unfinished ? ", not finished" : ""), "", null],
    ...outcomes.map(({ name, label }): [string, string, string] => [
      label,
      `${integer(bucket[name])}${total > 0 ? ` (${percent((bucket[name] / total) * 100)})` : ""}`,
      palette[name],
    ]),
    ["Total", integer(total), null],
  ];
  const before = activity.before?.[index];
  if (before != null) lines.push(["Range before", integer(before), null]);
  box.style.cssText = "display:grid;grid-template-columns:auto auto;gap:3px 16px";
  for (const [name, value, colour] of lines) {
    const left = document.createElement("span");
    if (colour) {
      const mark = document.createElement("span");
      mark.style.cssText = `display:inline-block;width:9px;height:9px;border-radius:2px;margin-right:7px;background:${colour}`;
      left.append(mark);
    }
    left.append(name);
    if (value === "") left.style.cssText = "grid-column:1/-1;font-weight:600";
    box.append(left);
    if (value !== "") {
      const right = document.createElement("span");
      right.style.textAlign = "right";
      right.textContent = value;
      box.append(right);
    }
  }
  return box;
}

function fill(name: Outcome, unfinished: boolean, palette: Palette) {
  if (unfinished) return stripes(palette.surface, palette[name], "\\");
  return name === "uncertain" ? stripes(palette.uncertainStripe, palette.uncertain, "/") : palette[name];
}

const drawn = new Map<string, HTMLCanvasElement>();

/** A hatch for canvas charts: uncertain leans one way, what isn't finished the other. */
function stripes(thin: string, wide: string, lean: "/" | "\\") {
  const key = `${thin} ${wide} ${lean}`;
  let image = drawn.get(key);
  if (!image) {
    image = document.createElement("canvas");
    image.width = 16;
    image.height = 16;
    const pen = image.getContext("2d");
    if (pen) {
      pen.fillStyle = wide;
      pen.fillRect(0, 0, 16, 16);
      pen.strokeStyle = thin;
      pen.lineWidth = 4.5;
      for (const shift of [-16, 0, 16]) {
        pen.beginPath();
        pen.moveTo(shift - 4, lean === "/" ? 20 : -4);
        pen.lineTo(shift + 20, lean === "/" ? -4 : 20);
        pen.stroke();
      }
    }
    drawn.set(key, image);
  }
  return { type: "pattern" as const, image, repeat: "repeat" as const, scaleX: 0.5, scaleY: 0.5 };
}
