/** The server's JSON, as `/docs` describes it. Times are ISO 8601 in UTC; rates and probabilities are percent. */

export type Outcome = "real" | "fake" | "uncertain" | "failed";
export type Dimension =
  | "client"
  | "country"
  | "model"
  | "use_case"
  | "error_pattern"
  | "outcome"
  | "image_format"
  | "file_size"
  | "weekday_hour";
export type Interval = "minute" | "hour" | "day";
export type Unit = "count" | "percent" | "ms" | "USD" | "per_hour" | "per_minute";
export type Measure = "inference_time" | "response_time" | "confidence";

export type MetricName =
  | "total_predictions"
  | "real_predictions"
  | "fake_predictions"
  | "uncertain_predictions"
  | "failed_predictions"
  | "succeeded_predictions"
  | "success_rate"
  | "error_rate"
  | "real_share"
  | "fake_share"
  | "uncertain_share"
  | "avg_confidence"
  | "avg_inference_time"
  | "avg_response_time"
  | "inference_time_p50"
  | "inference_time_p95"
  | "inference_time_p99"
  | "high_confidence_fakes"
  | "billable_predictions"
  | "revenue"
  | "throughput_per_hour"
  | "peak_load"
  | "accuracy";

export interface Metric {
  name: string;
  label: string;
  unit: Unit;
  definition: string;
  higher_is: "better" | "worse" | "neutral";
  /** What a rule about it can be filtered by. */
  filters: string[];
}

export interface MetricDictionary {
  tenant: { name: string; time_zone: string };
  metrics: Metric[];
  dimensions: { name: string; label: string; values?: string[] | null }[];
}

export type Filters = Partial<Record<Dimension, string[]>>;

export type QueryRange =
  | { days: number }
  | { hours: number }
  | { start: string; end: string }
  | { all: true };

export interface Query {
  metrics: MetricName[];
  dimensions?: Dimension[];
  filters?: Filters;
  range: QueryRange;
  interval?: Interval | "auto" | null;
  compare?: "previous" | "weekdays" | null;
  histograms?: Measure[];
  order_by?: string;
  limit?: number;
}

export interface ResultRange {
  start: string;
  end: string;
  time_zone: string;
  unfinished: boolean;
  /** The compared range stops at the hour at which the unfinished one stands. */
  cut?: boolean;
}

export type NumberMetric = Exclude<MetricName, "revenue">;

/** Counts are numbers; a ratio is null when nothing was counted. */
export type Totals = Partial<Record<NumberMetric, number | null>> & {
  /** Exact decimal text. */
  revenue?: string | null;
  /** When the busiest minute began. */
  peak_load_at?: string | null;
  /** Labelled predictions behind the accuracy, and its 95 % interval. */
  accuracy_n?: number;
  accuracy_low?: number | null;
  accuracy_high?: number | null;
};

export type Row = Totals & Partial<Record<Dimension, string | null>> & { bucket?: string };

export interface Result {
  range: ResultRange;
  interval: Interval | null;
  source: string;
  totals: Totals;
  rows: Row[];
  other: Totals | null;
  /** With dimensions and an interval: one row a group over the whole range. */
  groups?: Row[] | null;
  histograms?: Histogram[];
  /** What the reader should know about this answer. */
  notices?: { field: string; message: string }[];
  compare: { range: ResultRange; totals: Totals; rows: Row[]; groups?: Row[] | null } | null;
}

export interface Histogram {
  measure: Measure;
  unit: "ms" | "percent";
  /** Empty for the whole range. */
  group: Partial<Record<Dimension, string>>;
  n: number;
  /** Ascending, without gaps. */
  bins: { from: number; to: number; n: number }[];
}

export interface Batch<Name extends string> {
  results: Record<Name, Result>;
  generated_at: string;
}

export interface Prediction {
  id: string;
  timestamp: string;
  received_at: string;
  client: string;
  /** ISO code, or `unknown`. */
  country: string;
  use_case: string;
  source: string;
  prediction: "real" | "fake" | "uncertain" | null;
  outcome: Outcome;
  confidence: number | null;
  real_probability: number | null;
  fake_probability: number | null;
  inference_time_ms: number | null;
  response_time_ms: number | null;
  model_version: string | null;
  file_hash: string | null;
  file_size: number | null;
  image_format: string | null;
  image_width: number | null;
  image_height: number | null;
  perceptual_hash: string | null;
  success: boolean;
  error_message: string | null;
  error_pattern: string | null;
  price: string;
  billable: boolean;
  label: "real" | "fake" | null;
  labelled_at?: string | null;
  labelled_by?: string | null;
  label_reason?: string | null;
  user_agent: string | null;
}

export interface PredictionPage {
  items: Prediction[];
  next_cursor: string | null;
}

/** The answer of `POST /predict` for an image that was analysed. */
export interface Verdict {
  id: string;
  prediction: "real" | "fake" | "uncertain";
  confidence: number;
  real_probability: number;
  fake_probability: number;
  inference_time_ms: number | null;
  response_time_ms: number | null;
  filename: string | null;
  model_version: string | null;
  explanation?: Explanation;
}

/** How much the fake probability falls when a cell of the image is covered; positive speaks for fake. */
export interface Explanation {
  method: string;
  columns: number;
  rows: number;
  unit: string;
  values: number[][];
  /** The part of the upright image that the grid covers, as fractions. */
  area: { left: number; top: number; width: number; height: number };
}

export interface Health {
  status: "healthy" | "degraded" | "unhealthy";
  reasons: string[];
  model_loaded: boolean;
  model_version: string | null;
  version: string;
  uptime_seconds: number;
  queue_depth: number;
  queue_limit: number;
  /** For how many seconds commits have waited for the summaries. */
  fold_lag: number;
  disk_free_bytes: number | null;
}

export interface ModelInfo {
  model_type: string;
  device: string;
  /** Name and version of each detector that sees the same images without answering. */
  shadows: string[];
  name: string | null;
  model_version: string | null;
  /** Percent, on the model's own benchmark; null when it was never measured. */
  accuracy: number | null;
  /** Probabilities of fake, 0 to 1: at or above `fake_at` fake, at or below `real_at` real, between uncertain. */
  decision: { fake_at: number; real_at: number };
  /** What the model cannot do, a sentence each. */
  limits: string[];
}

/** Whose dashboard this is, and its colour, already fitted so that text can be read. Colours are `#rrggbb`. */
export interface Branding {
  name: string;
  accent: string;
  accent_on_light: string;
  accent_on_dark: string;
  soft_light: string;
  soft_dark: string;
  /** The accent is the product's own; themes have theirs. */
  is_default: boolean;
}

/** RFC 9457 problem details. */
export interface ProblemDetails {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  errors?: { field: string; value: unknown; accepted: unknown }[];
  id?: string;
  prediction_id?: string;
  /** Where a query went wrong, both from 1. */
  line?: number | null;
  column?: number | null;
}
