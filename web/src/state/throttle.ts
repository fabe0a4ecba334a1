/**
 * Runs `work` soon after the first call and then at most once every `everyMs`, never twice at a time, and never for
 * more than a quarter of the time: what is slow is asked less often.
 * Calls that come meanwhile are answered by one more run, so the last one is never lost.
 */
export function throttled(work: () => Promise<unknown>, leadMs: number, everyMs: number): () => void {
  let waiting = false;
  let running = false;
  let again = false;
  let lastStart = Number.NEGATIVE_INFINITY;
  let pace = everyMs;

  const run = async () => {
    waiting = false;
    running = true;
    lastStart = performance.now();
    try {
      await work();
    } finally {
      running = false;
      pace = Math.max(everyMs, 4 * (performance.now() - lastStart));
      if (again) {
        again = false;
        request();
      }
    }
  };

  const request = () => {
    if (running) again = true;
    if (running || waiting) return;
    waiting = true;
    setTimeout(run, Math.max(leadMs, lastStart + pace - performance.now()));
  };
  return request;
}
