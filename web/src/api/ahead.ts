import { base } from "../base";

/** Requests that were sent before anybody asked, by path and body. */
const sent = new Map<string, Promise<Response>>();

/** Sends a question that will be asked in a moment. */
export function askAhead(path: string, body: string): void {
  const answer = fetch(base + path, {
    method: "POST",
    body,
    headers: { "Content-Type": "application/json" },
  });
  // Whoever takes it is told of a failure.
  answer.catch(() => undefined);
  sent.set(`${path} ${body}`, answer);
}

/** The answer to such a question, once. */
export function takeAhead(path: string, body: unknown): Promise<Response> | undefined {
  const key = `${path} ${String(body)}`;
  const answer = sent.get(key);
  sent.delete(key);
  return answer;
}
