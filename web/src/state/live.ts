import { useEffect, useSyncExternalStore } from "react";
import { readStream, type StreamMessage } from "../api/sse";
import type { Prediction } from "../api/types";
import { base } from "../base";

export interface LiveState {
  phase: "connecting" | "live" | "stale";
  /** Browser clock, ms: when the connection was lost. Set while stale. */
  since: number | null;
  /** Browser clock, ms: the last byte from the server, pings included. */
  lastContact: number | null;
  /** How often the server greeted us: 1 after the first connection, more after each return. */
  greetings: number;
}

export type LiveEvent =
  | { type: "predictions"; predictions: Prediction[] }
  | { type: "labelled"; prediction: Prediction }
  | { type: "resync" };

const silenceMs = 25_000;
const firstDelayMs = 500;
const longestDelayMs = 5_000;

/** One connection to `/api/v1/live` for the whole page, resumed where it broke off. */
export class LiveFeed {
  #state: LiveState = { phase: "connecting", since: null, lastContact: null, greetings: 0 };
  #watchers = new Set<() => void>();
  #listeners = new Set<(event: LiveEvent) => void>();
  #lastId: string | null = null;
  #failures = 0;
  #running: AbortController | null = null;
  #wake: (() => void) | null = null;

  get state(): LiveState {
    return this.#state;
  }

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  listen(listener: (event: LiveEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Starts connecting, and tries again at once if it is waiting to. Returns what stops it. */
  start(): () => void {
    const running = new AbortController();
    this.#running = running;
    void this.#run(running.signal);
    return () => running.abort();
  }

  retryNow = (): void => this.#wake?.();

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const resume = this.#lastId === null ? "" : `?last_event_id=${encodeURIComponent(this.#lastId)}`;
        await readStream(
          `${base}/api/v1/live${resume}`,
          () => this.#contact(),
          this.#receive,
          silenceMs,
          signal,
        );
      } catch {
        // Every failure is handled alike: say since when, wait, try again.
      }
      if (signal.aborted || this.#running?.signal !== signal) return;
      this.#failures += 1;
      if (this.#state.phase !== "stale") this.#set({ phase: "stale", since: Date.now() });
      await this.#pause(Math.min(longestDelayMs, firstDelayMs * 2 ** (this.#failures - 1)), signal);
    }
  }

  #pause(delay: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        window.clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = window.setTimeout(done, delay * (0.8 + 0.4 * Math.random()));
      this.#wake = done;
      signal.addEventListener("abort", done, { once: true });
    });
  }

  #receive = (message: StreamMessage): void => {
    this.#contact();
    if (message.id !== null) this.#lastId = message.id;
    switch (message.type) {
      case "hello":
        this.#failures = 0;
        this.#set({ phase: "live", since: null, greetings: this.#state.greetings + 1 });
        break;
      case "prediction":
        this.#tell({ type: "predictions", predictions: [JSON.parse(message.data) as Prediction] });
        break;
      case "predictions":
        this.#tell({ type: "predictions", predictions: JSON.parse(message.data) as Prediction[] });
        break;
      case "labelled":
        this.#tell({ type: "labelled", prediction: JSON.parse(message.data) as Prediction });
        break;
      case "resync":
        this.#lastId = null;
        this.#tell({ type: "resync" });
        break;
    }
  };

  #contact(): void {
    this.#set({ lastContact: Date.now() });
  }

  #tell(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #set(change: Partial<LiveState>): void {
    this.#state = { ...this.#state, ...change };
    for (const watcher of this.#watchers) watcher();
  }
}

export const live = new LiveFeed();

export function useLive(): LiveState {
  return useSyncExternalStore(live.watch, () => live.state);
}

export function usePhase(): LiveState["phase"] {
  return useSyncExternalStore(live.watch, () => live.state.phase);
}

export function useGreetings(): number {
  return useSyncExternalStore(live.watch, () => live.state.greetings);
}

/** `listener` must be stable, or the subscription is renewed at every render. */
export function useLiveEvents(listener: (event: LiveEvent) => void): void {
  useEffect(() => live.listen(listener), [listener]);
}
