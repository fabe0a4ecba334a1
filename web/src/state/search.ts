import type { Dimension, Filters, Prediction } from "../api/types";
import { readRange } from "./range";

export const comparisons = ["previous", "weekdays", "none"] as const;
/** What the range is compared with: the one of equal length before, the same weekdays before, or nothing. */
export type Comparison = (typeof comparisons)[number];

/**
 * What a page of its own keeps in the address: how a list is sorted, which columns it shows, a console's query,
 * which of its tabs is open and what that one looks for, and which trend is drawn.
 */
export const textNames = [
  "sort",
  "columns",
  "sql",
  "tab",
  "q",
  "kind",
  "severity",
  "state",
  "edit",
  "trend",
] as const;
export type TextName = (typeof textNames)[number];

/** What the address says: the range, the filters and the opened prediction. Anything shareable is here. */
export interface View extends Partial<Record<TextName, string>> {
  range?: string;
  /** Absent: the previous range. */
  compare?: Exclude<Comparison, "previous">;
  id?: string;
  /** The console's parameters, `name=value` each. */
  param?: string[];
  client?: string[];
  country?: string[];
  model?: string[];
  outcome?: string[];
  use_case?: string[];
  error_pattern?: string[];
}

export const filterNames = ["client", "country", "model", "outcome", "use_case", "error_pattern"] as const;
export type FilterName = (typeof filterNames)[number] & Dimension;

export const filterLabels: Record<FilterName, string> = {
  client: "Client",
  country: "Country",
  model: "Model",
  outcome: "Outcome",
  use_case: "Use case",
  error_pattern: "Error",
};

/** The address's query part as a view; what it doesn't know is dropped. */
export function parseSearch(search: string): View {
  const params = new URLSearchParams(search);
  const view: View = {};
  const range = params.get("range");
  if (range !== null) view.range = readRange(range).code;
  const compare = params.get("compare");
  if (compare === "weekdays" || compare === "none") view.compare = compare;
  // Messages that left the house name what they are about.
  const id = params.get("id") ?? params.get("alert");
  if (id) view.id = id;
  for (const name of textNames) {
    const text = params.get(name);
    if (text) view[name] = text;
  }
  const silence = params.get("silence");
  if (silence) Object.assign(view, { tab: "silences", edit: silence });
  const param = params.getAll("param").filter((pair) => pair.indexOf("=") > 0);
  if (param.length > 0) view.param = param;
  for (const name of filterNames) {
    const values = [...new Set(params.getAll(name).filter((value) => value !== ""))];
    if (values.length > 0) view[name] = values;
  }
  return view;
}

export function writeSearch(view: View): string {
  const params = new URLSearchParams();
  if (view.range) params.set("range", view.range);
  if (view.compare) params.set("compare", view.compare);
  for (const name of filterNames) for (const value of view[name] ?? []) params.append(name, value);
  for (const name of textNames) if (view[name]) params.set(name, view[name]);
  for (const pair of view.param ?? []) params.append("param", pair);
  if (view.id) params.set("id", view.id);
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

export function filtersOf(view: View): Filters {
  const filters: Filters = {};
  for (const name of filterNames) {
    const values = view[name];
    if (values?.length) filters[name] = values;
  }
  return filters;
}

export function withFilter(view: View, name: FilterName, value: string): View {
  const values = view[name] ?? [];
  return values.includes(value) ? view : { ...view, [name]: [...values, value] };
}

export function withoutFilter(view: View, name: FilterName, value: string): View {
  const { [name]: values = [], ...rest } = view;
  const left = values.filter((other) => other !== value);
  return left.length > 0 ? { ...rest, [name]: left } : rest;
}

export function withoutFilters(view: View): View {
  const rest = { ...view };
  for (const name of filterNames) delete rest[name];
  return rest;
}

/** Whether the server would list this prediction under these filters. */
export function matches(prediction: Prediction, filters: Filters): boolean {
  const values: Record<FilterName, string | null> = {
    client: prediction.client,
    country: prediction.country,
    model: prediction.model_version,
    outcome: prediction.outcome,
    use_case: prediction.use_case,
    error_pattern: prediction.error_pattern,
  };
  return filterNames.every((name) => {
    const wanted = filters[name];
    const value = values[name];
    return !wanted || (value !== null && wanted.includes(value));
  });
}
