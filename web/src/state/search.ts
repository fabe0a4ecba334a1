import type { Dimension, Filters, Interval, Prediction, QueryRange } from "../api/types";

/** What the address says: the range, the filters and the opened prediction. Anything shareable is here. */
export interface View {
  range?: string;
  id?: string;
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

export interface RangeChoice {
  /** As it stands in the address: `today`, `24h`, `7d`. */
  code: string;
  query: QueryRange;
  interval: Interval;
  /** Ends a sentence: "today", "in the last 7 days". */
  words: string;
  /** Fits after "against": "the 7 days before". */
  before: string;
}

export const defaultRange = "7d";
export const rangePresets = [
  { code: "today", label: "Today" },
  { code: "24h", label: "24 h" },
  { code: "7d", label: "7 d" },
  { code: "30d", label: "30 d" },
  { code: "90d", label: "90 d" },
];

const maxDays = 400;
const maxHours = 9600;

/** Unknown or impossible codes fall back to the default range. */
export function readRange(code: string | undefined): RangeChoice {
  if (code === "today") {
    return { code, query: { days: 1 }, interval: "hour", words: "today", before: "yesterday until now" };
  }
  const [, digits, unit] = /^([1-9]\d{0,3})([dh])$/.exec(code ?? "") ?? [];
  const count = Number(digits);
  if (unit === "h" && count <= maxHours) {
    return {
      code: `${count}h`,
      query: { hours: count },
      interval: count <= 96 ? "hour" : "day",
      words: `in the last ${count} hours`,
      before: `the ${count} hours before`,
    };
  }
  if (unit === "d" && count <= maxDays) {
    return {
      code: `${count}d`,
      query: { days: count },
      interval: count <= 2 ? "hour" : "day",
      words: `in the last ${count} days`,
      before: `the ${count} days before`,
    };
  }
  return readRange(defaultRange);
}

/** The address's query part as a view; what it doesn't know is dropped. */
export function parseSearch(search: string): View {
  const params = new URLSearchParams(search);
  const view: View = {};
  const range = params.get("range");
  if (range !== null) view.range = readRange(range).code;
  const id = params.get("id");
  if (id) view.id = id;
  for (const name of filterNames) {
    const values = [...new Set(params.getAll(name).filter((value) => value !== ""))];
    if (values.length > 0) view[name] = values;
  }
  return view;
}

export function writeSearch(view: View): string {
  const params = new URLSearchParams();
  if (view.range) params.set("range", view.range);
  for (const name of filterNames) for (const value of view[name] ?? []) params.append(name, value);
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
  const values: Record<Dimension, string | null> = {
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
