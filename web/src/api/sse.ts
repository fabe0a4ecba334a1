/** One message of a server-sent event stream. A comment (a ping) has the type "comment". */
export interface StreamMessage {
  type: string;
  data: string;
  id: string | null;
}

/**
 * Cuts the text of an event stream into messages, whatever the chunks it comes in.
 * Comments are reported too, because a ping is a sign of life. See the HTML standard, section 9.2.6.
 */
export class StreamParser {
  #rest = "";
  #type = "";
  #data: string[] = [];
  #id: string | null = null;

  push(chunk: string): StreamMessage[] {
    const messages: StreamMessage[] = [];
    const lines = (this.#rest + chunk).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const raw of lines) {
      const message = this.#line(raw.endsWith("\r") ? raw.slice(0, -1) : raw);
      if (message) messages.push(message);
    }
    return messages;
  }

  #line(line: string): StreamMessage | null {
    if (line === "") return this.#dispatch();
    if (line.startsWith(":")) return { type: "comment", data: line.slice(1).trim(), id: null };
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#type = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id") this.#id = value;
    return null;
  }

  #dispatch(): StreamMessage | null {
    const message = { type: this.#type || "message", data: this.#data.join("\n"), id: this.#id };
    const empty = this.#data.length === 0;
    this.#type = "";
    this.#data = [];
    this.#id = null;
    return empty ? null : message;
  }
}

/**
 * Reads an event stream until it ends, is aborted, or stays silent for `silenceMs`.
 * `EventSource` hides pings, so it can't tell a quiet service from a dead connection; this can.
 */
export async function readStream(
  url: string,
  onOpen: () => void,
  onMessage: (message: StreamMessage) => void,
  silenceMs: number,
  signal: AbortSignal,
): Promise<void> {
  const connection = new AbortController();
  const abort = () => connection.abort();
  signal.addEventListener("abort", abort);
  let watchdog = window.setTimeout(abort, silenceMs);
  try {
    const response = await fetch(url, {
      headers: { Accept: "text/event-stream" },
      cache: "no-store",
      signal: connection.signal,
    });
    if (!response.ok || !response.body) throw new Error(`The live feed answered ${response.status}.`);
    onOpen();
    const parser = new StreamParser();
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      window.clearTimeout(watchdog);
      watchdog = window.setTimeout(abort, silenceMs);
      for (const message of parser.push(decoder.decode(value, { stream: true }))) onMessage(message);
    }
  } finally {
    window.clearTimeout(watchdog);
    signal.removeEventListener("abort", abort);
  }
}
