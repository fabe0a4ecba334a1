/** The moment somebody points at, shared by all time charts of the page. */
const watchers = new Set<(at: string | null) => void>();

export function point(at: string | null): void {
  for (const watcher of watchers) watcher(at);
}

export function watchPoint(watcher: (at: string | null) => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
