import { base } from "../base";
import { takeAhead } from "./ahead";
import type { ProblemDetails } from "./types";

/** A request that did not succeed, in words fit for the screen. `status` 0 means that no answer came. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly details: ProblemDetails = {},
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message);
    this.name = "Problem";
  }
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return send<T>(path, { signal: signal ?? null });
}

export async function postJson<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return send<T>(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json" },
    signal: signal ?? null,
  });
}

/** Asks for a change. An answer without a body is null. */
export async function writeJson<T>(
  method: "POST" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
): Promise<T> {
  return send<T>(
    path,
    {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
    },
    (response) => (response.status === 204 ? Promise.resolve(null) : response.json()),
  );
}

/** Sends a request of this origin. Any answer that isn't a success becomes a `Problem`. */
export async function send<T>(
  path: string,
  init: RequestInit = {},
  read: (response: Response) => Promise<unknown> = (response) => response.json(),
): Promise<T> {
  let response: Response;
  try {
    response = await (takeAhead(path, init.body) ?? fetch(base + path, init));
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new Problem(0, "The server cannot be reached.");
  }
  if (!response.ok) throw await problemOf(response);
  return (await read(response)) as T;
}

/** `/health` answers 503 with a body of the usual shape, so its status is not an error here. */
export async function getJsonWhateverStatus<T>(path: string, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(base + path, { signal: signal ?? null });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new Problem(0, "The server cannot be reached.");
  }
  try {
    return (await response.json()) as T;
  } catch {
    throw new Problem(response.status, `The server answered ${response.status} without details.`);
  }
}

async function problemOf(response: Response): Promise<Problem> {
  const retryAfter = Number(response.headers.get("Retry-After"));
  const seconds = Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null;
  let details: ProblemDetails = {};
  try {
    details = (await response.json()) as ProblemDetails;
  } catch {
    return new Problem(
      response.status,
      `The server answered ${response.status} without details.`,
      {},
      seconds,
    );
  }
  return new Problem(response.status, sentenceOf(details, response.status), details, seconds);
}

function sentenceOf(details: ProblemDetails, status: number): string {
  const fields = (details.errors ?? []).map(
    (error) => `${error.field}: ${String(error.value)} (accepted: ${String(error.accepted)})`,
  );
  const sentence = details.detail ?? details.title ?? `The server answered ${status}.`;
  return [sentence, ...fields].join(" ");
}
