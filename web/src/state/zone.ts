import { useSyncExternalStore } from "react";

const watchers = new Set<() => void>();
let current = "UTC";

/** Every answer names the tenant's time zone; the last one heard is the one that all times are shown in. */
export function setZone(zone: string): void {
  if (zone === current) return;
  current = zone;
  for (const watcher of watchers) watcher();
}

export function useZone(): string {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => current,
  );
}
