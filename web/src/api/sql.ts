import { useQuery } from "@tanstack/react-query";
import { heal } from "./ask";
import { getJson, send } from "./client";

export type SqlValue = string | number | boolean | null;

export interface SqlColumn {
  name: string;
  type: "integer" | "number" | "text" | "time" | "boolean" | "blob" | "null" | "mixed";
}

export interface SqlResult {
  id: string;
  columns: SqlColumn[];
  rows: SqlValue[][];
  row_count: number;
  /** Which limit cut the rows off. */
  truncated: "rows" | "size" | null;
  elapsed_ms: number;
  limits: { seconds: number; rows: number };
  notes: string[];
}

export interface SqlSchema {
  database: "sqlite" | "postgresql";
  limits: { seconds: number; rows: number };
  tables: {
    name: string;
    description: string;
    columns: { name: string; type: string; description: string }[];
  }[];
}

export interface SqlParameter {
  name: string;
  label: string;
  type: "integer" | "number" | "text";
  default: string | number;
}

export interface GalleryQuery {
  name: string;
  title: string;
  description: string;
  sql: string;
  parameters: SqlParameter[];
  chart: "bar" | "line" | null;
}

export interface SqlQuestion {
  /** By which it can be stopped. */
  id?: string;
  sql: string;
  parameters: Record<string, string | number>;
}

export function useSqlSchema() {
  return useQuery({
    queryKey: ["sql", "schema"],
    queryFn: ({ signal }) => getJson<SqlSchema>("/api/v1/sql/schema", signal),
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: heal(false),
  });
}

export function useGallery() {
  return useQuery({
    queryKey: ["sql", "gallery"],
    queryFn: ({ signal }) => getJson<{ queries: GalleryQuery[] }>("/api/v1/sql/gallery", signal),
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: heal(false),
  });
}

function request(question: SqlQuestion, signal: AbortSignal | null): RequestInit {
  return {
    method: "POST",
    body: JSON.stringify(question),
    headers: { "Content-Type": "application/json" },
    signal,
  };
}

/** Runs a query. Aborting closes the connection, and that stops it on the server too. */
export function runSql(question: SqlQuestion, signal: AbortSignal): Promise<SqlResult> {
  return send<SqlResult>("/api/v1/sql", request(question, signal));
}

/** Stops a query on the server; one that has ended already is no trouble. */
export async function stopSql(id: string): Promise<void> {
  try {
    await send(`/api/v1/sql/${encodeURIComponent(id)}`, { method: "DELETE" }, async () => null);
  } catch {
    // Aborting the request has stopped it, or soon will.
  }
}

/** Everything up to the limits as a file, formulas made harmless by the server. */
export function sqlCsv(question: SqlQuestion): Promise<Blob> {
  return send<Blob>("/api/v1/sql?format=csv", request(question, null), (response) => response.blob());
}
