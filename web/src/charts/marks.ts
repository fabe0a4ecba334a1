import type { Result } from "../api/types";
import type { Palette } from "../theme";
import { bucketsOf } from "./buckets";

/** A moment worth knowing on a time axis: a model version's first prediction, or the opening of an incident. */
export interface Mark {
  kind: "model" | "incident";
  index: number;
  /** In full, for tooltips and tables. */
  label: string;
  /** Stands at the line; the label when absent. */
  short?: string;
}

/**
 * Where in the range model versions were first seen, when they were not there from the start; several in one step
 * share a line. What was refused before any model saw it is "unknown", and no version.
 */
export function modelMarks(changes: Result, course: Result): Mark[] {
  const buckets = bucketsOf(course);
  const firsts = new Map<string, number>();
  for (const row of changes.rows) {
    const index = buckets.findIndex(({ start }) => start === row.bucket);
    const model = row.model;
    if (!model || model === "unknown" || index < 0 || !row.total_predictions) continue;
    firsts.set(model, Math.min(index, firsts.get(model) ?? index));
  }
  const found = new Map<number, string[]>();
  for (const [model, index] of firsts) {
    if (index > 0) found.set(index, [...(found.get(index) ?? []), model]);
  }
  return [...found].map(([index, models]) => ({
    kind: "model",
    index,
    label: `First prediction of ${models.join(", ")}`,
    short: models.length === 1 ? (models[0] ?? "") : `${models.length} versions`,
  }));
}

interface Opened {
  number: number;
  title: string;
  opened_at: string;
}

/** The steps in which incidents were opened; several in one step share a line. */
export function incidentMarks(incidents: Opened[], starts: string[], end: string): Mark[] {
  const times = [...starts, end].map((text) => Date.parse(text));
  const found = new Map<number, Opened[]>();
  for (const incident of incidents) {
    const at = Date.parse(incident.opened_at);
    const index = times.findLastIndex((time) => time <= at);
    if (index < 0 || index >= starts.length) continue;
    found.set(index, [...(found.get(index) ?? []), incident]);
  }
  return [...found].map(([index, opened]) => ({
    kind: "incident",
    index,
    label: opened.map(({ number, title }) => `Incident ${number}: ${title}`).join("; "),
    short: opened.length === 1 ? `#${opened[0]?.number}` : `${opened.length} incidents`,
  }));
}

/** The part of an ECharts series that draws the marks. */
export function markLine(marks: Mark[], palette: Palette) {
  if (marks.length === 0) return {};
  return {
    markLine: {
      symbol: "none",
      silent: true,
      animation: false,
      label: {
        formatter: "{b}",
        fontSize: 12,
        position: "end" as const,
        distance: 4,
        rotate: 0,
      },
      data: marks.map(({ kind, index, label, short }) => ({
        xAxis: index,
        name: short ?? label,
        lineStyle: {
          color: kind === "incident" ? palette.critical : palette.muted,
          type: kind === "incident" ? ("dashed" as const) : ("dotted" as const),
        },
        label: { color: kind === "incident" ? palette.critical : palette.muted },
      })),
    },
  };
}

/** What the tooltip of a step says about the marks in it. */
export function markTips(marks: Mark[], index: number): { name: string }[] {
  return marks.filter((mark) => mark.index === index).map(({ label }) => ({ name: label }));
}
