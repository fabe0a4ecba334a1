import { useSyncExternalStore } from "react";
import { Problem, send } from "../api/client";
import type { Verdict } from "../api/types";

/** One image that somebody dropped in this session. Nothing of it outlives the page. */
export interface Analysis {
  key: string;
  name: string;
  size: number;
  /** Object URL of the local file, for the preview. */
  preview: string;
  state:
    | { step: "waiting" }
    | { step: "sending" }
    | { step: "done"; verdict: Verdict }
    /** `id`: the failed prediction's, when one was recorded. */
    | { step: "refused"; reason: string; id: string | null; retry: boolean };
}

const parallel = 2;
const kept = 50;

const files = new Map<string, File>();
/** Which images are to be explained; an explanation costs a model run for every cell. */
const explained = new Set<string>();
/** The detector may not be able to explain; then it isn't asked again. */
let canExplain = true;
const watchers = new Set<() => void>();
let analyses: Analysis[] = [];
let sentIds: ReadonlySet<string> = new Set();
let sending = 0;

export function useAnalyses(): Analysis[] {
  return useSyncExternalStore(watch, () => analyses);
}

/** Ids of the predictions that came from this page. */
export function useSentIds(): ReadonlySet<string> {
  return useSyncExternalStore(watch, () => sentIds);
}

export function analyse(images: Iterable<File>, explain = false): void {
  const added = [...images].map((file): Analysis => {
    const key = randomKey();
    files.set(key, file);
    if (explain) explained.add(key);
    return {
      key,
      name: file.name,
      size: file.size,
      preview: URL.createObjectURL(file),
      state: { step: "waiting" },
    };
  });
  const all = [...added.reverse(), ...analyses];
  for (const old of all.slice(kept)) forget(old);
  update(all.slice(0, kept));
  sendNext();
}

export function retryAnalysis(key: string): void {
  setState(key, { step: "waiting" });
  sendNext();
}

export function clearAnalyses(): void {
  const finished = ({ state }: Analysis) => state.step === "done" || state.step === "refused";
  for (const old of analyses.filter(finished)) forget(old);
  update(analyses.filter((analysis) => !finished(analysis)));
}

function forget({ key, preview }: Analysis): void {
  URL.revokeObjectURL(preview);
  files.delete(key);
  explained.delete(key);
}

function sendNext(): void {
  while (sending < parallel) {
    const next = analyses.findLast(({ state }) => state.step === "waiting");
    const file = next && files.get(next.key);
    if (!next || !file) return;
    sending += 1;
    setState(next.key, { step: "sending" });
    void post(next.key, file).finally(() => {
      sending -= 1;
      sendNext();
    });
  }
}

async function post(key: string, file: File): Promise<void> {
  const body = new FormData();
  body.append("file", file, file.name);
  try {
    const verdict = await predict(key, body);
    sentIds = new Set([...sentIds, verdict.id]);
    setState(key, { step: "done", verdict });
  } catch (cause) {
    const problem = cause instanceof Problem ? cause : new Problem(0, String(cause));
    const id = problem.details.prediction_id ?? null;
    if (id) sentIds = new Set([...sentIds, id]);
    const retry = problem.status === 0 || problem.status === 429 || problem.status >= 500;
    setState(key, { step: "refused", reason: problem.message, id, retry });
  }
}

/** The key makes a retry safe: an image that was recorded is answered, not counted again. */
async function predict(key: string, body: FormData): Promise<Verdict> {
  const request = { method: "POST", body, headers: { "Idempotency-Key": key } };
  if (!canExplain || !explained.has(key)) return send<Verdict>("/predict", request);
  try {
    return await send<Verdict>("/predict?explain=1", request);
  } catch (cause) {
    const refused =
      cause instanceof Problem &&
      cause.status === 422 &&
      cause.details.errors?.some(({ field }) => field === "explain");
    if (!refused) throw cause;
    canExplain = false;
    return send<Verdict>("/predict", request);
  }
}

function setState(key: string, state: Analysis["state"]): void {
  update(analyses.map((analysis) => (analysis.key === key ? { ...analysis, state } : analysis)));
}

function update(next: Analysis[]): void {
  analyses = next;
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** `crypto.randomUUID` is missing on plain-http addresses other than localhost. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
